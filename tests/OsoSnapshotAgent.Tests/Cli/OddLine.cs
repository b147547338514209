using System.CommandLine;

namespace OsoSnapshotAgent.Tests.Cli;

/// <summary>
/// Command lines with missing, wrong and huge values, for every option of every verb of a program. They are made from
/// the program's own verbs and options.
/// </summary>
/// <param name="Words">The words after the program's name.</param>
/// <param name="IsWrong">Whether the line is wrong for sure. Otherwise it may be legal.</param>
internal sealed record OddLine(string[] Words, bool IsWrong)
{
    private const string NoFile = "there-is-none";

    private static readonly string[] WrongTexts = [string.Empty, " ", new('x', 400_000), "a\0b"];

    private static readonly string[] WrongNumbers =
        ["nonsense", "99999999999999999999", "-1", "1.5", "1e3", "0x10", "\u001b[31m1\n\a", "９"];

    private static readonly string[] OddTexts =
    [
        .. WrongNumbers, "9223372036854775807", "5000000", "0", new('x', 5000), new('x', 300), "@/etc/passwd", "../..", "/", "-",
        "--", "--help", "[suggest]",
    ];

    /// <summary>The lines of one verb, or those without a verb.</summary>
    public static IEnumerable<OddLine> Of(RootCommand root, Command command)
    {
        string[] line =
        [
            .. command is RootCommand ? (string[])[] : [command.Name],
            .. command.Arguments.Select(_ => NoFile),
        ];
        IEnumerable<Option> own = command.Options.Union(root.Options.Where(option => option.Recursive));
        IEnumerable<Option> foreign = root.Subcommands.SelectMany(verb => verb.Options)
            .Where(option => own.All(one => one.Name != option.Name)).DistinctBy(option => option.Name);
        return
        [
            .. own.SelectMany(option => option.Aliases.Append(option.Name).SelectMany(name => WithOption(line, option, name))),
            .. foreign.Select(option => new OddLine([.. line, option.Name], IsWrong: true)),
            .. foreign.Select(option => new OddLine([.. line, $"{option.Name}=1"], IsWrong: true)),
            .. WithArguments(command, line),
            new([.. line, "--frobnicate"], IsWrong: true),
            new(["--frobnicate", .. line], IsWrong: true),
            new([.. line, "--help", "--frobnicate"], IsWrong: false),
            new([.. line, "--help", "--version"], IsWrong: false),
            new([.. line, "--version"], IsWrong: false),
            new(["--version", .. line], IsWrong: false),
            new(["--help", .. line], IsWrong: false),
        ];
    }

    public override string ToString() =>
        string.Join(' ', Words.Select(word => word.Length > 40 ? $"{word[..40]}…[{word.Length}]" : $"'{word}'"));

    private static IEnumerable<OddLine> WithOption(string[] line, Option option, string name)
    {
        bool takesValue = option.Arity.MinimumNumberOfValues > 0;
        bool isNumber = option.ValueType == typeof(long?);
        yield return new([.. line, name], takesValue);
        yield return new([.. line, name, "1", name, "2"], takesValue && option.Arity.MaximumNumberOfValues == 1);
        yield return new([.. line, name, "1", "2", "3", "4"], IsWrong: takesValue && line is [not "take", ..]);
        foreach (string value in WrongTexts.Concat(OddTexts))
        {
            bool isWrong = takesValue && (WrongTexts.Contains(value) || (isNumber && WrongNumbers.Contains(value)));
            yield return new([.. line, name, value], isWrong);
            yield return new([.. line, $"{name}={value}"], isWrong);
            yield return new([$"{name}={value}", .. line], isWrong);
        }
    }

    private static IEnumerable<OddLine> WithArguments(Command command, string[] line)
    {
        string[] verb = command is RootCommand ? [] : [command.Name];
        yield return new(verb, command.Arguments.Any(one => one.Arity.MinimumNumberOfValues > 0));
        yield return new([.. line, "one", "two", "three"], IsWrong: true);
        foreach (string value in WrongTexts.Concat(OddTexts))
        {
            yield return new([.. verb, value, .. line.Skip(2)], WrongTexts.Contains(value));
            yield return new([.. line, value], IsWrong: false);
        }
    }
}
