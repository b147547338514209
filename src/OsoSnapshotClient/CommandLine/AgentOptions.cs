using System.CommandLine;
using System.Globalization;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The options for starting an agent's container.</summary>
internal sealed class AgentOptions
{
    private const string DefaultImage = "oso_snapshot";
    private const string ImageVariable = "OSO_SNAPSHOT_IMAGE";
    private const string Range = "Take only the blocks that overlap this range: 24h, 7d, 2025-08-20T16:00:00Z.";

    private readonly Option<string> _image = new("--image")
    {
        Description = $"The agent's image (${ImageVariable}, or {DefaultImage}).",
    };

    private readonly Option<string> _target = new("--target")
    {
        Description = "The container that runs Prometheus; needed only if several may be it.",
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
        Description = "File for kubectl debug --custom, for another identity: see docker/kubernetes/README.md.",
    };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "Seconds that the container may take to start (300).",
    };

    private readonly (Option<string> Option, string Variable)[] _settings =
    [
        (new("--service") { Description = "Sets OSO_PROMETHEUS_SERVICE_NAME." }, "OSO_PROMETHEUS_SERVICE_NAME"),
        (new("--prefix") { Description = "Sets CLUSTER_NAME_PREFIX." }, "CLUSTER_NAME_PREFIX"),
        (new("--since") { Description = Range }, "OSO_SNAPSHOT_SINCE"),
        (new("--until") { Description = Range }, "OSO_SNAPSHOT_UNTIL"),
    ];

    private readonly Option<bool> _skipHead = new("--skip-head")
    {
        Description = "Leave out the in-memory head (the last two to three hours).",
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
    /// <exception cref="OperatorException">The value is no whole number, or out of range.</exception>
    public static long Read(ParseResult arguments, Option<string> option, long otherwise, long min = 1)
    {
        string? text = arguments.GetValue(option);
        return text is null ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= min
                && number <= int.MaxValue * (long)int.MaxValue ? number
            : throw new OperatorException(
                ExitStatus.Settings,
                $"{option.Name} is '{text}', but must be a whole number of at least {min}.",
                "see kubectl oso-snapshot --help");
    }
}
