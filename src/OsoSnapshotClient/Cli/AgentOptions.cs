using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Cli;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cli;

/// <summary>The options for starting an agent's container.</summary>
internal sealed class AgentOptions
{
    private const string DefaultImage = "oso_snapshot";
    private const string ImageVariable = "OSO_SNAPSHOT_IMAGE";

    // 30 days. A timer takes at most 49.
    private const long MaxTimeoutSeconds = 30 * 24 * 3600;

    // etcd takes objects up to 1.5 MiB.
    private const int MaxCustomBytes = 1 << 20;

    private const string Since = "Take only blocks that reach beyond this: 24h back from now, or 2025-08-20T16:00:00Z.";
    private const string Until = "Take only blocks that begin before this: 24h back from now, or 2025-08-20T16:00:00Z.";

    private readonly Option<string> _image = new("--image")
    {
        Description = $"The agent's image ({ImageVariable}, or {DefaultImage}).",
        CustomParser = Values.Text,
    };

    private readonly Option<string> _target = new("--target")
    {
        HelpName = "CONTAINER",
        Description = "The container that runs Prometheus; needed only if several may be it.",
        CustomParser = Values.One(text => KubeName.IsLabel(text) ? text : null, "the name of a container"),
    };

    private readonly Option<string[]> _environment = new("--env")
    {
        HelpName = "NAME=VALUE",
        Description = "Any other setting of the agent, as NAME=VALUE.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = Values.Several(
            text => text.IndexOf('=', StringComparison.Ordinal) > 0 && text[0] != '-' ? Values.TextOf(text) : null,
            "NAME=VALUE"),
    };

    private readonly Option<AgentIdentity> _identity = new("--run-as")
    {
        HelpName = "UID:GID",
        Description = "The agent's identity as UID:GID. Without it, Prometheus' own is found.",
        CustomParser = Values.One(AgentIdentity.TryParse, "one or two numbers, as in 65534:65534"),
    };

    private readonly Option<string> _custom = new("--custom")
    {
        HelpName = "FILE",
        Description = "A JSON file with a partial container of the Kubernetes API, which is merged over the client's.",
        CustomParser = Values.Path,
    };

    private readonly Option<long?> _timeout = new("--timeout")
    {
        HelpName = "SECONDS",
        Description = "Seconds that the container may take to start (300).",
        CustomParser = Values.Number(min: 0, max: MaxTimeoutSeconds),
    };

    private readonly (Option<string> Option, string Variable)[] _address =
    [
        (Setting("--service", "HOST", "Sets OSO_PROMETHEUS_SERVICE_NAME."), "OSO_PROMETHEUS_SERVICE_NAME"),
        (Setting("--prefix", "PREFIX", "Sets CLUSTER_NAME_PREFIX."), "CLUSTER_NAME_PREFIX"),
    ];

    private readonly (Option<string> Option, string Variable)[] _range =
    [
        (Setting("--since", "TIME", Since), "OSO_SNAPSHOT_SINCE"),
        (Setting("--until", "TIME", Until), "OSO_SNAPSHOT_UNTIL"),
    ];

    private readonly Option<bool> _skipHead = new("--skip-head")
    {
        Description = "Leave out the in-memory head (the last two to three hours).",
    };

    public IEnumerable<Option> All =>
        [
            _image, _target, .. _address.Concat(_range).Select(setting => setting.Option), _skipHead, _environment,
            _identity, _custom, _timeout,
        ];

    /// <summary>Those for a run that makes no snapshot.</summary>
    public IEnumerable<Option> WithoutSnapshot =>
        All.Except([.. _range.Select(setting => setting.Option), _skipHead]);

    /// <summary>Those for a server that the client has made itself.</summary>
    public IEnumerable<Option> ForDrill =>
        WithoutSnapshot.Except([.. _address.Select(setting => setting.Option), _target]);

    /// <summary>Those for a verb that only looks, and starts no container.</summary>
    public IEnumerable<Option> ForLook => [_target];

    /// <exception cref="OperatorException">A value is wrong.</exception>
    public StartOptions Read(ParseResult arguments) => new()
    {
        Image = arguments.GetValue(_image)
            ?? Environment.GetEnvironmentVariable(ImageVariable) ?? DefaultImage,
        Target = arguments.GetValue(_target),
        Identity = arguments.GetValue(_identity),
        Custom = arguments.GetValue(_custom) is { } file ? ReadCustom(file) : null,
        Timeout = TimeSpan.FromSeconds(arguments.GetValue(_timeout) ?? 300),
        Settings = SettingsOf(
        [
            .. _address.Concat(_range).SelectMany(setting => arguments.GetValue(setting.Option) is { } value
                ? (string[])[$"{setting.Variable}={value}"] : []),
            .. arguments.GetValue(_skipHead) ? (string[])["OSO_SNAPSHOT_SKIP_HEAD=yes"] : [],
            .. arguments.GetValue(_environment) ?? [],
        ]),
    };

    // As in a container's environment, the last one of a name counts.
    private static Dictionary<string, string> SettingsOf(IEnumerable<string> pairs)
    {
        Dictionary<string, string> settings = [];
        foreach (string[] pair in pairs.Select(pair => pair.Split('=', 2)))
        {
            settings[pair[0]] = pair[1];
        }

        return settings;
    }

    private static JsonObject ReadCustom(string file)
    {
        try
        {
            using FileStream content = RegularFile.Open(file);
            if (content.Length > MaxCustomBytes)
            {
                throw new IOException("it has more than 1 MiB");
            }

            return JsonNode.Parse(content) as JsonObject ?? throw new JsonException("it is no JSON object");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"--custom {Printable.Short(file)} can't be used: {Printable.Short(e.Message)}",
                "give a JSON file with members of a container, such as {\"securityContext\": {\"runAsUser\": 1000}}",
                e);
        }
    }

    private static Option<string> Setting(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, CustomParser = Values.Text };
}
