using System.CommandLine;
using System.CommandLine.Parsing;
using OsoSnapshotClient.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotClient.Cli;

/// <summary>The options that say where the metrics of runs go.</summary>
internal sealed class MetricsOptions
{
    private const string PushVariable = "OSO_SNAPSHOT_PUSH";

    private readonly Option<string> _file = new("--metrics-file")
    {
        HelpName = "FILE",
        Description = "Also write metrics to a file for node exporter's textfile collector.",
        CustomParser = Values.Path,
    };

    private readonly Option<Uri> _push = new("--push")
    {
        Description = $"Also push the metrics to a Pushgateway ({PushVariable}, which may hold a user and a password).",
        HelpName = "URL",
        CustomParser = ParsePush,
    };

    public IEnumerable<Option> All => [_file, _push];

    /// <param name="cluster">The cluster's name as the operator gives it.</param>
    /// <exception cref="OperatorException">The variable holds no URL.</exception>
    public MetricsPlaces Read(ParseResult arguments, string? cluster) =>
        new(arguments.GetValue(_file), arguments.GetValue(_push) ?? FromEnvironment(), cluster);

    // Every user of this machine sees command lines. The value may hold a password, so no message shows it.
    private static Uri? ParsePush(ArgumentResult given)
    {
        Uri? url = given.Tokens is [var token] ? PushGateway.ParseUrl(token.Value) : null;
        if (given.Tokens.Count == 1 && url is not { UserInfo.Length: 0 })
        {
            given.AddError(url is null
                ? $"--push must be {PushGateway.Rule}."
                : $"--push takes no user and no password: put the URL into {PushVariable}.");
        }

        return url;
    }

    private static Uri? FromEnvironment() => Environment.GetEnvironmentVariable(PushVariable) is { Length: > 0 } text
        ? PushGateway.ParseUrl(text) ?? throw new OperatorException(
            ExitStatus.Settings, $"{PushVariable} is no URL of a Pushgateway.", $"it must be {PushGateway.Rule}")
        : null;
}
