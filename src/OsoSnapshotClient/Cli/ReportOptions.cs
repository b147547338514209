using System.CommandLine;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The options for what is shown, and where the result goes.</summary>
internal sealed class ReportOptions
{
    private const string Json = "json";

    private readonly Option<string[]> _output = new("--output", "-o")
    {
        HelpName = "FILE|DIR/|-|json",
        Description = "Where the archive goes (./POD-snapshots.tgz), the directory for it, or - for standard output."
            + " The word json prints one JSON object per pod on standard output; give -o twice for both.",
        AllowMultipleArgumentsPerToken = false,
        CustomParser = Values.Paths,
    };

    private readonly Option<string> _json = new("--output", "-o")
    {
        HelpName = Json,
        Description = "json: one JSON object per pod on standard output.",
        CustomParser = Values.Word(Json),
    };

    private readonly Option<string> _progress = new("--progress")
    {
        HelpName = "auto|plain|json",
        Description = "auto (bars on a terminal, otherwise lines), plain, or json (JSON lines on standard error).",
        CustomParser = Values.Word("auto", "plain", Json),
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "Show only failures and warnings.",
    };

    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Show the agent's whole log. Without it, a failure shows its last lines.",
    };

    public IEnumerable<Option> All => [_output, _progress, _quiet, _verbose];

    /// <summary>Those for work that makes no file here.</summary>
    public IEnumerable<Option> Progress => [_progress, _quiet, _verbose];

    /// <summary>Those for a run of the agent that makes no file here, and whose result may be JSON.</summary>
    public IEnumerable<Option> ForResult => [_json, .. Progress];

    /// <summary>Those for work without a run of the agent, which has no log to show.</summary>
    public IEnumerable<Option> WithoutLog => [_json, _progress, _quiet];

    /// <exception cref="OperatorException">A value is wrong.</exception>
    public ReportChoice Read(ParseResult arguments)
    {
        string[] outputs = arguments.GetValue(_output) ?? [];
        string[] paths = [.. outputs.Where(output => output != Json)];
        if (paths.Length > 1)
        {
            throw Wrong(
                $"Two outputs are named: {Printable.Short(paths[0])} and {Printable.Short(paths[1])}.", "name one");
        }

        if (paths is ["-"] && outputs.Length > 1)
        {
            throw Wrong("Standard output can't take both the archive and the JSON.", "leave out -o - or -o json");
        }

        ProgressStyle style = arguments.GetValue(_progress) switch
        {
            "plain" => ProgressStyle.Lines,
            Json => ProgressStyle.Json,
            _ => Terminal.ShowsBars ? ProgressStyle.Bars : ProgressStyle.Lines,
        };
        bool isJson = outputs.Length > paths.Length || arguments.GetValue(_json) is not null;
        return new(paths.FirstOrDefault(), isJson, arguments.GetValue(_quiet), style)
        {
            IsVerbose = arguments.GetValue(_verbose),
        };
    }

    private static OperatorException Wrong(string problem, string remedy) => new(ExitStatus.Settings, problem, remedy);
}

/// <param name="Path">Where the archive goes; null if no path is named.</param>
/// <param name="IsJson">Whether the result goes to standard output as JSON.</param>
internal sealed record ReportChoice(string? Path, bool IsJson, bool IsQuiet, ProgressStyle Style)
{
    /// <summary>Whether the agent's whole log is shown.</summary>
    public bool IsVerbose { get; init; }
}
