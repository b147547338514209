using System.CommandLine;
using System.CommandLine.Parsing;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Cli;

/// <summary>Runs a command line. Its options are read only after the whole line was understood.</summary>
internal static class CommandRun
{
    /// <param name="program">The program's name, as the user types it.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(RootCommand root, IReadOnlyList<string> words, string program)
    {
        try
        {
            ParseResult line = Parse(root, words);
            ThrowIfWrong(line, program);
            return await line.InvokeAsync(new InvocationConfiguration
            {
                // The verbs handle signals themselves, since they have to tidy up before the end.
                ProcessTerminationTimeout = null,
                EnableDefaultExceptionHandler = false,
            });
        }
        catch (OperatorException e)
        {
            return Tell(e);
        }
#pragma warning disable CA1031 // A bug ends with the status of a bug, not with the runtime's abort.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await PrintableWriter.StandardError.WriteLineAsync(e.ToString());
            return (int)ExitStatus.Bug;
        }
    }

    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> words)
    {
        // Words such as [suggest] and @file are no more than words.
        root.Directives.Clear();
        return root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    /// <summary>Describes only the first mistake, because the others may result from it.</summary>
    /// <exception cref="OperatorException">The command line is wrong.</exception>
    public static void ThrowIfWrong(ParseResult line, string program)
    {
        // What an option lacks explains more than the word after it.
        ParseError? first = line.Errors.FirstOrDefault(error => error.SymbolResult is OptionResult)
            ?? (line.Errors.Count > 0 ? line.Errors[0] : null);
        string? problem = Directive(line) ?? UnknownOption(line) ?? (first is null ? null : Describe(first, line));
        if (problem is not null)
        {
            Command command = line.CommandResult.Command;
            string verb = command is RootCommand ? string.Empty : command.Name + " ";
            throw new OperatorException(ExitStatus.Settings, problem, $"see {program} {verb}--help");
        }
    }

    /// <summary>Prints a failure to standard error.</summary>
    /// <returns>The exit status.</returns>
    public static int Tell(OperatorException failure)
    {
        PrintableWriter error = PrintableWriter.StandardError;
        error.WriteLine($"❌ {failure.Message}");
        if (failure.Remedy.Length > 0)
        {
            error.WriteLine($"   What to do: {failure.Remedy}");
        }

        return (int)failure.Status;
    }

    private static string Describe(ParseError first, ParseResult line)
    {
        string? word = line.UnmatchedTokens.OrderByDescending(token => token.StartsWith('-')).FirstOrDefault();
        return first.SymbolResult switch
        {
            OptionResult { Option.Arity.MinimumNumberOfValues: > 0, Tokens.Count: 0, IdentifierToken: { } name } =>
                $"{name.Value} needs a value.",
            OptionResult { Option.Arity.MaximumNumberOfValues: 1, Tokens.Count: > 1, IdentifierToken: { } name } =>
                $"{name.Value} is given more than once, but takes one value.",
            _ when word?.StartsWith('-') == true => $"There is no option '{Printable.Short(word)}'.",
            CommandResult { Command: RootCommand } when word is not null =>
                $"There is no verb '{Printable.Short(word)}'.",
            CommandResult { Command: RootCommand } => "The command line names no verb.",
            CommandResult { Command: { } verb } when word is not null =>
                $"'{Printable.Short(word)}' is one argument too many for {verb.Name}.",
            _ => first.Message,
        };
    }

    // The parser neither knows nor refuses a word such as [suggest] in the first place.
    private static string? Directive(ParseResult line) =>
        line.Tokens.Any(token => token.Type == TokenType.Directive)
            ? $"There is no verb '{Printable.Short(line.Tokens[0].Value)}'."
            : null;

    // The parser takes an unknown option as an argument, if the verb has arguments.
    private static string? UnknownOption(ParseResult line) =>
        line.Tokens.Any(token => token.Type == TokenType.DoubleDash)
            || line.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
                .FirstOrDefault(token => token.Value.Length > 1 && token.Value.StartsWith('-')) is not { } option
            ? null
            : $"There is no option '{Printable.Short(option.Value)}'.";
}
