using System.CommandLine;
using System.CommandLine.Parsing;
using OsoSnapshotCore;

namespace OsoSnapshotClient.CommandLine;

/// <summary>Describes what is wrong with a command line.</summary>
internal static class CommandErrors
{
    /// <summary>Describes only the first mistake, because the others may result from it.</summary>
    public static OperatorException Describe(ParseResult commandLine)
    {
        ParseError first = commandLine.Errors[0];
        string? word = commandLine.UnmatchedTokens.OrderByDescending(token => token.StartsWith('-')).FirstOrDefault();
        string problem = first.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0, IdentifierToken: { } name } => $"{name.Value} needs a value.",
            _ when word?.StartsWith('-') == true => $"There is no option '{word}'.",
            CommandResult { Command: RootCommand } when word is not null => $"There is no verb '{word}'.",
            CommandResult { Command: RootCommand } => "The command line names no verb.",
            _ => first.Message,
        };
        return new(ExitStatus.Settings, problem, "see kubectl oso-snapshot --help");
    }

    /// <returns>The exit status.</returns>
    public static int Tell(OperatorException failure)
    {
        Console.Error.WriteLine($"❌ {failure.Message}");
        if (failure.Remedy.Length > 0)
        {
            Console.Error.WriteLine($"   What to do: {failure.Remedy}");
        }

        return (int)failure.Status;
    }
}
