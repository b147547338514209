using System.CommandLine;
using System.Globalization;
using OsoSnapshot.Formats;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The options with which an agent's container is started.</summary>
internal sealed class AgentOptions
{
    private const string DefaultImage = "oso_snapshot";
    private const string ImageVariable = "OSO_SNAPSHOT_IMAGE";
    private const string Range = "Only the blocks that overlap: 24h, 7d, 2025-08-20T16:00:00Z.";

    private readonly Option<string> _image = new("--image")
    {
        Description = $"The agent's image ({DefaultImage}, or ${ImageVariable}).",
    };

    private readonly Option<string> _target = new("--target")
    {
        Description = "The container that runs Prometheus; found where there is just one.",
    };

    private readonly Option<string[]> _environment = new("--env")
    {
        Description = "Any other setting of the agent, as NAME=VALUE.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> _profile = new("--profile")
    {
        Description = "Profile of kubectl debug (restricted).",
    };

    private readonly Option<string> _custom = new("--custom")
    {
        Description = "For another identity than the image's: see docker/kubernetes/README.md.",
    };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "Seconds for the container's start (300).",
    };

    private readonly (Option<string> Option, string Variable)[] _settings =
    [
        (new("--service") { Description = "OSO_PROMETHEUS_SERVICE_NAME." }, "OSO_PROMETHEUS_SERVICE_NAME"),
        (new("--prefix") { Description = "CLUSTER_NAME_PREFIX." }, "CLUSTER_NAME_PREFIX"),
        (new("--since") { Description = Range }, "OSO_SNAPSHOT_SINCE"),
        (new("--until") { Description = Range }, "OSO_SNAPSHOT_UNTIL"),
    ];

    private readonly Option<bool> _skipHead = new("--skip-head")
    {
        Description = "Without the in-memory head (the last two to three hours).",
    };

    public IEnumerable<Option> All =>
        [
            _image, _target, .. _settings.Select(setting => setting.Option), _skipHead, _environment, _profile, _custom,
            _timeout,
        ];

    /// <exception cref="OperatorException">A value is wrong.</exception>
    public StartOptions Read(ParseResult arguments) => new()
    {
        Image = arguments.GetValue(_image)
            ?? System.Environment.GetEnvironmentVariable(ImageVariable) ?? DefaultImage,
        Target = arguments.GetValue(_target),
        Profile = arguments.GetValue(_profile) ?? "restricted",
        IsProfileNamed = arguments.GetValue(_profile) is not null,
        Custom = arguments.GetValue(_custom),
        Timeout = TimeSpan.FromSeconds(Numbers.Read(arguments, _timeout, 300, min: 0)),
        Environment =
        [
            .. _settings.SelectMany(setting => arguments.GetValue(setting.Option) is { } value
                ? (string[])[$"{setting.Variable}={value}"] : []),
            .. arguments.GetValue(_skipHead) ? (string[])["OSO_SNAPSHOT_SKIP_HEAD=yes"] : [],
            .. arguments.GetValue(_environment) ?? [],
        ],
    };
}

/// <summary>Options that take whole numbers.</summary>
internal static class Numbers
{
    /// <exception cref="OperatorException">It is none.</exception>
    public static long Read(ParseResult arguments, Option<string> option, long otherwise, long min = 1)
    {
        string? text = arguments.GetValue(option);
        return text is null ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= min
                && number <= int.MaxValue * (long)int.MaxValue ? number
            : throw new OperatorException(
                ExitStatus.Settings,
                $"{option.Name} is '{text}', but takes a whole number from {min} on.",
                "kubectl oso-snapshot --help");
    }
}
