using System.CommandLine;
using System.Text;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotAgent.Tests.Cli;

/// <summary>Random command lines of a program's own verbs and options, with mutated values.</summary>
internal static class LineFuzz
{
    private static readonly string[] Values =
        ["1h30m", "65534:65534", "NAME=value", "2026-11-20T12:00:00Z", "monitoring.prom-0", "prom-0", "-1", "--", "json", "0"];

    /// <summary>Each line is understood or refused. None is carried out.</summary>
    public static void Run(int seed, RootCommand root, string program) => Fuzz.Run(seed, rounds: 1000, random =>
    {
        Command verb = random.GetItems<Command>([root, .. root.Subcommands], 1)[0];
        string[] options = [.. verb.Options.Concat(root.Options).SelectMany(one => one.Aliases.Append(one.Name)), "@file", "[suggest]"];
        List<string> words = verb is RootCommand ? [] : [verb.Name];
        for (int count = random.Next(8); count > 0; count--)
        {
            string word = random.Next(2) == 0
                ? options[random.Next(options.Length)]
                : Encoding.UTF8.GetString(Fuzz.Mutate(Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]), random));
            words.Insert(random.Next(words.Count + 1), word);
        }

        return (string.Join(' ', words), () => Fuzz.Allow<OperatorException>(
            () => CommandRun.ThrowIfWrong(CommandRun.Parse(root, words), program)));
    });
}
