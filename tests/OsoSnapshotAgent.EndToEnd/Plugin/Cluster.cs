using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The plugin's cluster: a stand-in for kubectl on PATH, whose pods are containers of podman.</summary>
internal sealed class Cluster : IDisposable
{
    public const string Pod = "oso-p-prom-svr-0";

    private readonly JsonObject _pods = [];

    public Cluster(params IReadOnlyList<TargetContainer> targets)
    {
        foreach (TargetContainer target in targets)
        {
            _pods[$"oso-p-prom-svr-{_pods.Count}"] = Describe(target.Name, target.AgentArguments);
        }

        // Some tests fail before they need a container.
        if (_pods.Count == 0)
        {
            _pods[Pod] = Describe("none", []);
        }

        Configure([]);
    }

    /// <summary>The directory in which the plugin runs and leaves its archives.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-plugin-").FullName;

    public string Archive => Path.Combine(Folder, Pod + "-snapshots.tgz");

    /// <summary>More variables of the plugin, such as those of a faulty disk.</summary>
    public IReadOnlyDictionary<string, string> OwnVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>The timeout of a command.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The names of the files in the plugin's directory.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>
    /// Each export in the order of its start: the offset asked for, the bytes that passed, and whether it was cut. The
    /// client may have killed the stand-in before the stand-in noted the end of an export.
    /// </summary>
    public IReadOnlyList<(long Offset, long Passed, bool IsBroken)> Exports
    {
        get
        {
            JsonNode[] calls =
            [
                .. File.ReadLines(Path.Combine(StandInFolder, "calls.jsonl")).Select(line => JsonNode.Parse(line)!)
                    .Where(call => call["call"] is not null),
            ];
            ILookup<string, JsonNode> ends = calls.Where(call => call["passed"] is not null).ToLookup(call => (string)call["call"]!);
            return
            [
                .. from call in calls
                   let command = call["exec"]
                   where command is not null && (string?)command[1] == "export"
                   let end = ends[(string)call["call"]!].FirstOrDefault()
                   select (long.Parse((string)command[3]!, null), (long?)end?["passed"] ?? 0, (bool?)end?["broken"] ?? true),
            ];
        }
    }

    /// <summary>The names of all debug containers that the plugin asked for.</summary>
    public IReadOnlyList<string> Containers =>
    [
        .. from line in File.ReadLines(Path.Combine(StandInFolder, "calls.jsonl"))
           let container = JsonNode.Parse(line)!["container"]
           where container is not null
           select (string)container!,
    ];

    /// <summary>The command lines of the client, of kubectl and of what they have started on this machine.</summary>
    public IEnumerable<string> Processes => ProcessTable.CommandsWith("STANDIN=" + StandInFolder);

    /// <summary>The variables of each debug container, as NAME=VALUE.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Variables =>
    [
        .. from line in File.ReadLines(Path.Combine(StandInFolder, "calls.jsonl"))
           let options = JsonNode.Parse(line)!["options"]
           where options is not null
           select options["--env"]!.AsArray().Select(variable => (string)variable!).ToArray(),
    ];

    private string StandInFolder => Directory.CreateDirectory(Path.Combine(Folder, ".cluster")).FullName;

    /// <param name="settings">Members of the stand-in's config.json, such as faults.</param>
    public void Configure(JsonObject settings)
    {
        settings["podman"] = JsonSerializer.SerializeToNode(Podman.Command());
        settings["image"] = Podman.Image;
        settings["cluster"] = _pods.DeepClone();

        // A stand-in at work may read it at any time.
        string path = Path.Combine(StandInFolder, "config.json");
        File.WriteAllText(path + ".new", settings.ToJsonString());
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Runs kubectl oso-snapshot.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => HostCommand.RunAsync(Command(arguments), Folder, Timeout);

    /// <summary>
    /// Runs the command of <see cref="RunAsync"/> in a shell that redirects it. The script has the command as "$@".
    /// </summary>
    public Task<CommandResult> RunInShellAsync(string script, params string[] arguments) =>
        HostCommand.RunAsync(["sh", "-c", script, "sh", .. Command(arguments)], Folder, Timeout);

    /// <summary>Runs a script that calls kubectl itself. $POD is the pod.</summary>
    public Task<CommandResult> RunScriptAsync(string script, params string[] arguments) =>
        HostCommand.RunAsync([.. Surroundings, "POD=" + Pod, "sh", "-c", script, "sh", .. arguments], Folder, Timeout);

    /// <summary>Starts the plugin as the leader of a process group.</summary>
    public Process Start(params string[] arguments) => HostCommand.Start(["setsid", .. Command(arguments)], Folder);

    /// <summary>Starts the plugin on a terminal whose keys send signals.</summary>
    public Process StartOn(Pty terminal, params string[] arguments)
    {
        // Wide enough for a progress bar.
        terminal.Resize(40, 120);
        return HostCommand.Start(
            ["sh", "-c", "tty=$1; shift; exec setsid -c -w env -u NO_COLOR TERM=xterm \"$@\" <\"$tty\" >\"$tty\" 2>&1", "sh", terminal.Path, .. Command(arguments)],
            Folder);
    }

    /// <summary>
    /// Starts the plugin, and sends all its processes Ctrl-C's signal once this many bytes were copied. Returns the
    /// plugin's result.
    /// </summary>
    public async Task<CommandResult> InterruptAsync(long bytes, params string[] arguments)
    {
        using Process process = HostCommand.Start(["setsid", .. Command(arguments)], Folder);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        FileInfo part = new(Archive + ".part");
        await Eventually.HoldsAsync(
            () =>
            {
                part.Refresh();
                return Task.FromResult(process.HasExited || (part.Exists && part.Length >= bytes));
            },
            () => $"no {bytes} bytes in {part}");
        await HostCommand.RunAsync("kill", "-INT", "--", $"-{process.Id}");
        await process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return new CommandResult("take, interrupted", process.ExitCode, await output, await error);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject Describe(string container, IReadOnlyList<string> agentArguments) => new()
    {
        ["container"] = container,
        ["labels"] = new JsonObject { ["app"] = "prometheus" },
        ["run"] = JsonSerializer.SerializeToNode(agentArguments),
        ["spec"] = JsonNode.Parse("""
            {"containers": [
              {"name": "configmap-reload", "image": "registry/occne/configmap-reload:0.9", "args": ["--webhook-url=http://127.0.0.1:80/-/reload"]},
              {"name": "prom-svr", "image": "registry/occne/prometheus:v2.42.0", "args": ["--config.file=/etc/config/prometheus.yml", "--storage.tsdb.path=/data"]}
            ]}
            """),
    };

    private string[] Surroundings =>
    [
        "env", "STANDIN=" + StandInFolder,
        $"PATH={Folder}:{AppContext.BaseDirectory}Plugin:{Environment.GetEnvironmentVariable("PATH")}",
        "OSO_PLUGIN_STALL_SECONDS=2", "OSO_PLUGIN_PAUSE_SECONDS=0", "OSO_SNAPSHOT_IMAGE=" + Podman.Image,
        .. OwnVariables.Select(variable => $"{variable.Key}={variable.Value}"),
    ];

    private string[] Command(string[] arguments) => [.. Surroundings, Client.Binary, .. arguments];
}
