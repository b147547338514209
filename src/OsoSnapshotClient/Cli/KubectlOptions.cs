using System.CommandLine;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotClient.Cli;

/// <summary>kubectl's global flags, which may precede or follow the verb. Every call of kubectl gets them.</summary>
internal sealed class KubectlOptions
{
    private const string Namespace = "--namespace";
    private const string WebSocket = "websocket";
    private const string Kubectl = "kubectl";

    private static readonly (string Name, string[] Aliases, string Description)[] Known =
    [
        (Namespace, ["-n"], "The pods' namespace."),
        ("--context", [], "The kubeconfig context."),
        ("--kubeconfig", [], "The kubeconfig file."),
        ("--as", [], "User to impersonate."),
        ("--as-group", [], "Group to impersonate."),
        ("--cluster", [], "The kubeconfig cluster."),
        ("--user", [], "The kubeconfig user."),
        ("--server", ["-s"], "The API server's address."),
        ("--token", [], "Bearer token for the API server."),
        ("--certificate-authority", [], "CA file of the API server."),
        ("--client-certificate", [], "Client certificate file."),
        ("--client-key", [], "Client key file."),
        ("--tls-server-name", [], "Name in the API server's certificate."),
        ("--request-timeout", [], "How long one request may take."),
        ("--cache-dir", [], "kubectl's cache directory."),
    ];

    private readonly Option<string>[] _valued = [.. Known.Select(known => new Option<string>(known.Name, known.Aliases)
    {
        Description = known.Description,
        Recursive = true,
        CustomParser = known.Name == Namespace
            ? Values.One(text => KubeName.IsLabel(text) ? text : null, "the name of a namespace")
            : Values.Text,
    })];

    private readonly Option<bool> _insecure = new("--insecure-skip-tls-verify")
    {
        Description = "Accept any certificate of the API server.",
        Recursive = true,
    };

    private readonly Option<string> _exec = new("--exec")
    {
        HelpName = "auto|websocket|kubectl",
        Description = "How commands reach a container: auto, websocket, or kubectl (one kubectl exec for each).",
        Recursive = true,
        CustomParser = Values.Word("auto", WebSocket, Kubectl),
    };

    public IEnumerable<Option> All => [.. _valued, _insecure, _exec];

    public ClusterOptions Connection(ParseResult arguments) => new()
    {
        Kubectl = Environment.GetEnvironmentVariable("KUBECTL") is { Length: > 0 } program ? program : "kubectl",
        Flags = Read(arguments).Arguments,
        Way = arguments.GetValue(_exec) switch
        {
            WebSocket => ExecWay.WebSocket,
            Kubectl => ExecWay.Kubectl,
            _ => ExecWay.Auto,
        },
    };

    public GlobalFlags Read(ParseResult arguments) => new(
    [
        .. _valued.SelectMany(
            option => arguments.GetValue(option) is { } value ? (string[])[Short(option), value] : []),
        .. arguments.GetValue(_insecure) ? (string[])[_insecure.Name] : [],
    ]);

    // Messages show -n, which users know, instead of --namespace.
    private static string Short(Option option) => option.Aliases.FirstOrDefault(option.Name);
}
