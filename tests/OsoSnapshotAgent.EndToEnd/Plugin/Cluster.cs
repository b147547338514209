using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>A cluster as the plugin sees it: a stand-in for kubectl on PATH, whose pods are containers of podman.</summary>
internal sealed class Cluster : IDisposable
{
    public const string Pod = "oso-p-prom-svr-0";

    private static readonly string Repository = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    private readonly JsonObject _pods = [];

    public Cluster(params IReadOnlyList<TargetContainer> targets)
    {
        foreach (TargetContainer target in targets)
        {
            _pods[$"oso-p-prom-svr-{_pods.Count}"] = Describe(target);
        }

        Configure([]);
    }

    /// <summary>Where the plugin runs, and where its archives come to lie.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-plugin-").FullName;

    public string Archive => Path.Combine(Folder, Pod + "-snapshots.tgz");

    /// <summary>What lies in the plugin's directory, beside what the stand-in keeps.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>Each export that went through the stand-in: what was asked for, how much of it came through, whether it was cut.</summary>
    public IReadOnlyList<(long Offset, long Passed, bool IsBroken)> Exports =>
    [
        .. from line in File.ReadLines(Path.Combine(StandInFolder, "calls.jsonl"))
           let call = JsonNode.Parse(line)!
           let command = call["exec"]
           where command is not null && (string?)command[1] == "export"
           select (long.Parse((string)command[3]!, null), (long)call["passed"]!, (bool)call["broken"]!),
    ];

    /// <summary>The names of the debug containers that were asked for.</summary>
    public IReadOnlyList<string> Containers =>
    [
        .. from line in File.ReadLines(Path.Combine(StandInFolder, "calls.jsonl"))
           let container = JsonNode.Parse(line)!["container"]
           where container is not null
           select (string)container!,
    ];

    private string StandInFolder => Directory.CreateDirectory(Path.Combine(Folder, ".cluster")).FullName;

    /// <param name="settings">Members of the stand-in's config.json, such as faults.</param>
    public void Configure(JsonObject settings)
    {
        settings["podman"] = JsonSerializer.SerializeToNode(Podman.Command());
        settings["image"] = Podman.Image;
        settings["cluster"] = _pods.DeepClone();
        File.WriteAllText(Path.Combine(StandInFolder, "config.json"), settings.ToJsonString());
    }

    /// <summary>kubectl oso-snapshot …</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => HostCommand.RunAsync(Command(arguments), Folder);

    /// <summary>The same in a session of its own, so that a signal can go to all its processes as Ctrl-C on a terminal does.</summary>
    public Process Start(params string[] arguments) => HostCommand.Start(Command(arguments), Folder);

    public static string Script(string name) => Path.Combine(Repository, "docker", name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject Describe(TargetContainer target) => new()
    {
        ["container"] = target.Name,
        ["labels"] = new JsonObject { ["app"] = "prometheus" },
        ["run"] = JsonSerializer.SerializeToNode(target.AgentArguments),
        ["spec"] = JsonNode.Parse("""
            {"containers": [
              {"name": "configmap-reload", "image": "registry/occne/configmap-reload:0.9", "args": ["--webhook-url=http://127.0.0.1:80/-/reload"]},
              {"name": "prom-svr", "image": "registry/occne/prometheus:v2.42.0", "args": ["--config.file=/etc/config/prometheus.yml", "--storage.tsdb.path=/data"]}
            ]}
            """),
    };

    private string[] Command(string[] arguments) =>
    [
        "env", "STANDIN=" + StandInFolder, $"PATH={Path.Combine(AppContext.BaseDirectory, "Plugin")}:{Environment.GetEnvironmentVariable("PATH")}",
        "OSO_PLUGIN_STALL_SECONDS=2", "OSO_SNAPSHOT_IMAGE=" + Podman.Image, "bash", Script("kubectl-oso_snapshot"), .. arguments,
    ];
}
