using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace OsoSnapshotClient.Cli;

/// <summary><c>--help</c>: a verb's usage, an example, and its options in groups.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private const int Indent = 30;
    private const int Columns = 80;

    // Only verbs for pods reach a cluster.
    private const string Pod = "POD";

    private const string What = "What";
    private const string Where = "Where";
    private const string How = "How";
    private const string Connection = "Connection";

    /// <summary>Examples of each verb.</summary>
    public static IReadOnlyDictionary<string, string[]> Examples { get; } = new Dictionary<string, string[]>
    {
        ["take"] = ["take -n oso", "take -n oso --into s3://bucket/prometheus"],
        ["status"] = ["status -n oso"],
        ["list"] = ["list -n oso"],
        ["remove"] = ["remove -n oso prometheus-0"],
        ["cancel"] = ["cancel -n oso prometheus-0"],
        ["doctor"] = ["doctor -n oso --inside"],
        ["restore"] =
        [
            "restore prometheus-0-snapshots.tgz restored --owner 65534:65534",
            "restore backups --into prometheus-0 -n oso",
        ],
        ["drill"] =
        [
            "drill backups --pod oso.prometheus-0 --like prometheus-0 -n oso",
            "drill prometheus-0-snapshots.tgz",
        ],
        ["verify"] = ["verify prometheus-0-snapshots.tgz"],
        ["backups"] = ["backups s3://bucket/prometheus"],
        ["prune"] = ["prune backups --keep-daily 7 --keep-weekly 4 --dry-run"],
        ["protect"] = ["protect backups 20261121T091650Z-73aa071737993df3"],
        ["unprotect"] = ["unprotect backups 20261121T091650Z-73aa071737993df3"],
    };

    private static readonly Dictionary<string, string> Groups = new()
    {
        ["--selector"] = What,
        ["--all-pods"] = What,
        ["--all-namespaces"] = What,
        ["--target"] = What,
        ["--since"] = What,
        ["--until"] = What,
        ["--skip-head"] = What,
        ["--pod"] = What,
        ["--at"] = What,
        ["--leave-out-expired"] = What,
        ["--leave-out-overlap"] = What,
        ["--keep-last"] = What,
        ["--keep-within"] = What,
        ["--keep-daily"] = What,
        ["--keep-weekly"] = What,
        ["--keep-monthly"] = What,
        ["--output"] = Where,
        ["--into"] = Where,
        ["--cluster"] = Where,
        ["--owner"] = Where,
        ["--like"] = Where,
        ["--prometheus-image"] = Where,
        ["--work-dir"] = Where,
        ["--s3-endpoint"] = Where,
        ["--s3-region"] = Where,
        ["--s3-path-style"] = Where,
        ["--s3-ca-file"] = Where,
        ["--metrics-file"] = Where,
        ["--push"] = Where,
        ["--namespace"] = Connection,
        ["--context"] = Connection,
        ["--kubeconfig"] = Connection,
        ["--exec"] = Connection,
    };

    // Like the base class: other words on the command line don't matter.
    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(
            Of(parseResult.RootCommandResult.Command, parseResult.CommandResult.Command));
        return 0;
    }

    /// <param name="verb">A verb, or the root.</param>
    public static string Of(Command root, Command verb) =>
        string.Concat(Lines(root, verb).Select(line => Wrapped(line.Label, line.Text)));

    private static IEnumerable<(string Label, string Text)> Lines(Command root, Command verb)
    {
        bool isRoot = verb is RootCommand;
        string words = isRoot
            ? " VERB"
            : string.Concat(verb.Arguments.Select(argument => " " + Named(argument)).Prepend(" " + verb.Name));
        yield return (string.Empty, verb.Description!);
        yield return (string.Empty, string.Empty);
        yield return ($"Usage:    {ClientCommandLine.Program}{words} [options]", string.Empty);
        string label = "Example:";
        foreach (string example in isRoot ? Examples["take"][..1] : Examples[verb.Name])
        {
            yield return ($"{label,-8}  {ClientCommandLine.Program} {example}", string.Empty);
            label = string.Empty;
        }

        foreach ((string, string) line in isRoot ? Verbs(root) : Options(root, verb))
        {
            yield return line;
        }
    }

    private static IEnumerable<(string Label, string Text)> Verbs(Command root)
    {
        yield return ("\nVerbs:", string.Empty);
        foreach (Command verb in root.Subcommands)
        {
            yield return ("  " + verb.Name, verb.Description!);
        }

        yield return ("\nOptions:", string.Empty);
        yield return ("  --version", "Show the version, and those of the agents that this client works with.");
        yield return ("  -h, --help", "Show this help, or that of a verb.");
    }

    private static IEnumerable<(string Label, string Text)> Options(Command root, Command verb)
    {
        if (verb.Arguments.Count > 0)
        {
            yield return (string.Empty, string.Empty);
        }

        foreach (Argument argument in verb.Arguments)
        {
            yield return ("  " + argument.Name, argument.Description!);
        }

        bool reaches = verb.Arguments.Any(argument => argument.Name == Pod)
            || verb.Options.Any(option => option.HelpName == Pod);
        ILookup<string, Option> groups = verb.Options
            .Concat(reaches ? root.Options.Where(option => GroupOf(option) == Connection) : [])
            .Where(option => option is not HelpOption)
            .ToLookup(GroupOf);
        foreach (string group in (string[])[What, Where, How, Connection])
        {
            if (groups[group].Any())
            {
                yield return ($"\n{group}:", string.Empty);
            }

            foreach (Option option in groups[group])
            {
                yield return (Named(option), option.Description!);
            }
        }

        if (reaches)
        {
            yield return ("  and kubectl's global flags: kubectl options", string.Empty);
        }
    }

    private static string GroupOf(Option option) => Groups.GetValueOrDefault(option.Name, How);

    private static string Named(Argument argument) =>
        argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : argument.Name;

    private static string Named(Option option)
    {
        string names = string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Append(option.Name));
        string value = option.HelpName ?? option.Name[(option.Name.LastIndexOf('-') + 1)..].ToUpperInvariant();
        return (option.Aliases.Count > 0 ? "  " : "      ") + names
            + (option.ValueType == typeof(bool) ? string.Empty : " " + value);
    }

    // A text that finds no room beside its label begins on the next line.
    private static string Wrapped(string label, string text)
    {
        string margin = label.Length > 0 ? new(' ', Indent) : string.Empty;
        List<string> lines = label.Length < Indent - 1 ? [label.PadRight(margin.Length)] : [label];
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isLabelAlone = label.Length > 0 && lines[^1] == label;
            if (isLabelAlone || lines[^1].Length + 1 + word.Length > Columns)
            {
                lines.Add(margin + word);
            }
            else
            {
                lines[^1] += lines[^1].Length == margin.Length ? word : " " + word;
            }
        }

        return string.Concat(lines.Select(line => line.TrimEnd() + "\n"));
    }
}
