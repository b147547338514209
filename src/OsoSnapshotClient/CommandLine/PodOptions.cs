using System.CommandLine;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The options that choose a verb's pods.</summary>
/// <param name="mayBeAll">If no pod is named, all pods of the namespace are meant.</param>
internal sealed class PodOptions(bool mayBeAll)
{
    private const int DefaultParallel = 2;

    private readonly Argument<string[]> _pods = new("POD")
    {
        Description = "The pod.",
        CustomParser = Values.Several(NameOf, "the name of a pod"),
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _selector = new("--selector", "-l")
    {
        Description = "All pods with these labels. The output ends with a table.",
        CustomParser = Values.Text,
    };

    private readonly Option<long?> _parallel = new("--parallel")
    {
        Description = $"How many pods at a time ({DefaultParallel}).",
        CustomParser = Values.Number(min: 1, max: int.MaxValue),
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_pods);
        command.Options.Add(_selector);
        command.Options.Add(_parallel);
    }

    /// <exception cref="OperatorException">No pod or too many are named.</exception>
    public PodChoice Read(ParseResult arguments)
    {
        string[] pods = arguments.GetValue(_pods) ?? [];
        string? selector = arguments.GetValue(_selector);
        int parallel = (int)Math.Min(arguments.GetValue(_parallel) ?? DefaultParallel, 64);
        return pods switch
        {
            [var first, var second, ..] => throw Wrong(
                $"Two pods are named: {Printable.Short(first)} and {Printable.Short(second)}.", "use -l SELECTOR for several"),
            [_] when selector is not null => throw Wrong("A pod and a selector are given.", "give only one of them"),
            [] when selector is null && !mayBeAll => throw Wrong(
                "No pod is named.",
                $"kubectl oso-snapshot {arguments.CommandResult.Command.Name} POD, or -l SELECTOR for several"),
            _ => new(pods.FirstOrDefault(), selector, parallel),
        };
    }

    private static string? NameOf(string text)
    {
        string name = text.StartsWith("pod/", StringComparison.Ordinal) ? text[4..] : text;
        return KubeName.IsPod(name) ? name : null;
    }

    private static OperatorException Wrong(string problem, string remedy) => new(ExitStatus.Settings, problem, remedy);
}

/// <summary>A pod, or a selector, or neither for all pods of the namespace.</summary>
internal sealed record PodChoice(string? Pod, string? Selector, int Parallel);
