using System.CommandLine.Parsing;
using System.Globalization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Cli;

/// <summary>
/// Parsers for the values of options and arguments. A wrong value is an error of the command line, so that no verb
/// begins with it.
/// </summary>
internal static class Values
{
    // Linux passes at most 128 KiB as one argument (execve(2)), and a letter may take 4 bytes.
    private const int MaxLetters = 32_000;

    // PATH_MAX of Linux.
    private const int MaxPathLetters = 4096;

    private static readonly string PathRule = $"a path of 1 to {MaxPathLetters} characters";

    /// <summary>A text that another program judges.</summary>
    public static Func<ArgumentResult, string?> Text { get; } = One(TextOf, $"a text of 1 to {MaxLetters} characters");

    /// <summary>The path of a file or a directory, whether it exists or not.</summary>
    public static Func<ArgumentResult, string?> Path { get; } = One(PathOf, PathRule);

    public static Func<ArgumentResult, string[]?> Paths { get; } = Several(PathOf, PathRule);

    public static Func<ArgumentResult, long?> Number(long min, long max = long.MaxValue) => One<long?>(
        text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number >= min && number <= max ? number : null,
        $"a whole number from {min} to {max}");

    /// <summary>One of some words.</summary>
    public static Func<ArgumentResult, string?> Word(params string[] words) =>
        One(text => Array.Find(words, word => word == text), string.Join(" or ", words));

    /// <param name="parse">Returns null for a wrong text.</param>
    /// <param name="rule">Follows "must be" in the message.</param>
    public static Func<ArgumentResult, T?> One<T>(Func<string, T?> parse, string rule) =>
        // The parser itself reports an option that has no value, or two.
        given => given.Tokens is [var token] ? Parse(given, token.Value, parse, rule) : default;

    /// <inheritdoc cref="One"/>
    public static Func<ArgumentResult, T[]?> Several<T>(Func<string, T?> parse, string rule) =>
        given => [.. given.Tokens.Select(token => Parse(given, token.Value, parse, rule)!)];

    private static T? Parse<T>(ArgumentResult given, string text, Func<string, T?> parse, string rule)
    {
        T? value = parse(text);
        if (value is null)
        {
            string name = given.Parent is OptionResult { IdentifierToken: { } word } ? word.Value : given.Argument.Name;
            given.AddError($"{name} is '{Printable.Short(text)}', but must be {rule}.");
        }

        return value;
    }

    /// <returns>null for a wrong text.</returns>
    public static string? TextOf(string text) => IsShort(text, MaxLetters) ? text : null;

    private static string? PathOf(string text) => IsShort(text, MaxPathLetters) ? text : null;

    // No system call takes a text with a null character.
    private static bool IsShort(string text, int maxLetters) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= maxLetters && !text.Contains('\0', StringComparison.Ordinal);
}
