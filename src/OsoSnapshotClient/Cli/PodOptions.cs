using System.CommandLine;
using System.CommandLine.Completions;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The options that choose a verb's pods.</summary>
/// <param name="looksOnly">If no pod is named, all pods of Prometheus are meant: the verb changes nothing.</param>
internal sealed class PodOptions(bool looksOnly)
{
    private const int DefaultParallel = 2;

    private readonly Argument<string[]> _pods = new("POD")
    {
        Description = "The pod, or sts/NAME or deploy/NAME. Without it, "
            + (looksOnly
                ? "all pods of the namespace that run Prometheus."
                : "the pod of the namespace that runs Prometheus."),
        CustomParser = Values.Several(NameOf, "the name of a pod, or sts/NAME or deploy/NAME"),
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _selector = new("--selector", "-l")
    {
        Description = "All running pods with these labels.",
        CustomParser = Values.Text,
    };

    private readonly Option<bool> _all = new("--all-pods")
    {
        Description = "All pods of the namespace that run Prometheus.",
    };

    private readonly Option<bool> _allNamespaces = new("--all-namespaces", "-A")
    {
        Description = "Look for pods of Prometheus in all namespaces.",
    };

    private readonly Option<long?> _parallel = new("--parallel")
    {
        HelpName = "N",
        Description = $"How many pods at a time ({DefaultParallel}).",
        CustomParser = Values.Number(min: 1, max: int.MaxValue),
    };

    /// <param name="podNames">Finds the pods that a begun command line may mean, for the shell.</param>
    public void AddTo(Command command, Func<ParseResult, IEnumerable<string>> podNames)
    {
        // The help asks too, without a command line.
        _pods.CompletionSources.Add(
            context => context is TextCompletionContext && !context.WordToComplete.StartsWith('-')
                ? podNames(context.ParseResult)
                : []);
        command.Arguments.Add(_pods);
        foreach (Option option in (Option[])[_selector, _all, _allNamespaces, _parallel])
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="OperatorException">Too many pods are named.</exception>
    public PodChoice Read(ParseResult arguments)
    {
        string[] pods = arguments.GetValue(_pods) ?? [];
        PodChoice choice = new()
        {
            Named = pods.FirstOrDefault(),
            Selector = arguments.GetValue(_selector),
            IsAll = arguments.GetValue(_all) || looksOnly,
            IsAllNamespaces = arguments.GetValue(_allNamespaces),
            Parallel = (int)Math.Min(arguments.GetValue(_parallel) ?? DefaultParallel, 64),
        };
        bool isWide = choice.Selector is not null || arguments.GetValue(_all) || choice.IsAllNamespaces;
        return pods switch
        {
            [var first, var second, ..] => throw Wrong(
                $"Two pods are named: {Printable.Short(first)} and {Printable.Short(second)}.",
                "use -l SELECTOR for several"),
            [_] when isWide => throw Wrong(
                "A pod is named, and an option that chooses several.", "give only one of them"),
            _ => choice,
        };
    }

    private static string? NameOf(string text) => WorkloadName.TryParse(text) is null ? null : text;

    private static OperatorException Wrong(string problem, string remedy) => new(ExitStatus.Settings, problem, remedy);
}
