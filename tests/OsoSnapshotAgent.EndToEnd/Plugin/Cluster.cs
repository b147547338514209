using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>A cluster as the plugin sees it: a stand-in for kubectl on PATH, whose pods are containers of podman.</summary>
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

        // For what fails before a container is needed.
        if (_pods.Count == 0)
        {
            _pods[Pod] = Describe("none", []);
        }

        Configure([]);
    }

    /// <summary>Where the plugin runs, and where its archives come to lie.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-plugin-").FullName;

    public string Archive => Path.Combine(Folder, Pod + "-snapshots.tgz");

    /// <summary>More variables of the plugin, such as those of a faulty disk.</summary>
    public IReadOnlyDictionary<string, string> OwnVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>For how long a command may run.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>What lies in the plugin's directory, beside what the stand-in keeps.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>
    /// Each export in the order of its start: what was asked for, how much of it came through, whether it was cut. The
    /// client may have killed the stand-in before it noted the end of one.
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
            ILookup<int, JsonNode> ends = calls.Where(call => call["passed"] is not null).ToLookup(call => (int)call["call"]!);
            return
            [
                .. from call in calls
                   let command = call["exec"]
                   where command is not null && (string?)command[1] == "export"
                   let end = ends[(int)call["call"]!].FirstOrDefault()
                   select (long.Parse((string)command[3]!, null), (long?)end?["passed"] ?? 0, (bool?)end?["broken"] ?? true),
            ];
        }
    }

    /// <summary>The names of the debug containers that were asked for.</summary>
    public IReadOnlyList<string> Containers =>
    [
        .. from line in File.ReadLines(Path.Combine(StandInFolder, "calls.jsonl"))
           let container = JsonNode.Parse(line)!["container"]
           where container is not null
           select (string)container!,
    ];

    /// <summary>The variables that each debug container was started with, as NAME=VALUE.</summary>
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
        File.WriteAllText(Path.Combine(StandInFolder, "config.json"), settings.ToJsonString());
    }

    /// <summary>kubectl oso-snapshot …</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => HostCommand.RunAsync(Command(arguments), Folder, Patience);

    /// <summary>As <see cref="RunAsync"/>, by a shell that redirects it: "$@" is the command.</summary>
    public Task<CommandResult> RunInShellAsync(string script, params string[] arguments) =>
        HostCommand.RunAsync(["sh", "-c", script, "sh", .. Command(arguments)], Folder, Patience);

    /// <summary>A script that calls kubectl by itself; $POD is the pod.</summary>
    public Task<CommandResult> RunScriptAsync(string script, params string[] arguments) =>
        HostCommand.RunAsync([.. Surroundings, "POD=" + Pod, "sh", "-c", script, "sh", .. arguments], Folder, Patience);

    /// <summary>Starts it as the leader of a process group.</summary>
    public Process Start(params string[] arguments) => HostCommand.Start(["setsid", .. Command(arguments)], Folder);

    /// <summary>Starts it on a terminal, whose keys send signals.</summary>
    public Process StartOn(Pty terminal, params string[] arguments) => HostCommand.Start(
        ["sh", "-c", "tty=$1; shift; exec setsid -c -w env -u NO_COLOR TERM=xterm \"$@\" <\"$tty\" >\"$tty\" 2>&1", "sh", terminal.Path, .. Command(arguments)],
        Folder);

    /// <summary>Starts it, and presses Ctrl-C, which goes to all its processes, once so many bytes have come; returns how it ended.</summary>
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
