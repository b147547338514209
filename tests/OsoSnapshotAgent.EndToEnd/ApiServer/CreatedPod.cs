using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>A pod that a client has created. It has one container, which runs a Prometheus in podman.</summary>
/// <param name="folder">Where its volumes are.</param>
internal sealed class CreatedPod(string name, JsonObject manifest, string folder)
    : ServedPod(name, NameOf(name), AgentArgumentsOf(name, manifest))
{
    private static readonly string[] Restricted =
        ["--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges"];

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly string _folder = Path.Combine(folder, name);
    private readonly TaskCompletionSource _lived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile JsonObject _state = Waiting("ContainerCreating", string.Empty);
    private volatile bool _isEnding;

    public override IReadOnlyList<string> ContainerNames { get; } = [(string)ContainerOf(manifest)["name"]!];

    protected override string Phase => Settings.Unschedulable is not null || _state["waiting"] is not null ? "Pending"
        : _state["terminated"] is { } end ? (int)end["exitCode"]! == 0 ? "Succeeded" : "Failed"
        : "Running";

    private JsonObject Own => ContainerOf(manifest);

    private PrometheusVersion? Server => PrometheusVersion.All.FirstOrDefault(
        version => ((string)Own["image"]!).Contains($":v{version.Number}", StringComparison.Ordinal));

    public override bool HasLabel(string selector) =>
        selector.Split('=', 2) is [var label, var value] && (string?)Labels()[label] == value;

    public void Start() => _ = Task.Run(LiveAsync);

    /// <summary>Ends its containers, and deletes its volumes.</summary>
    public async Task EndAsync()
    {
        _isEnding = true;
        await _lived.Task;

        // podman refuses while a container that shares its namespaces is being made.
        await Eventually.HoldsAsync(
            async () => (await Podman.RunAsync("rm", "--force", "--depend", "--ignore", "--time=0", Container)).ExitStatus == 0,
            () => $"the container {Container}");
        await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _folder));
    }

    protected override JsonObject Labels() => (JsonObject)manifest["metadata"]!["labels"]!.DeepClone();

    protected override JsonArray Conditions() => Settings.Unschedulable is not { } why ? [] :
    [
        new JsonObject { ["type"] = "PodScheduled", ["status"] = "False", ["reason"] = "Unschedulable", ["message"] = why },
    ];

    protected override JsonObject Specification() => (JsonObject)manifest["spec"]!.DeepClone();

    protected override JsonNode Status(string one) => new JsonObject
    {
        ["name"] = one,
        ["ready"] = _state["running"] is not null,
        ["restartCount"] = 0,
        ["state"] = Settings.Unschedulable is null ? _state.DeepClone() : new JsonObject(),
        ["lastState"] = new JsonObject(),
    };

    private static string NameOf(string name) => "oso-prom-" + name;

    private static JsonObject ContainerOf(JsonObject manifest) => (JsonObject)Assert.Single((JsonArray)manifest["spec"]!["containers"]!)!;

    private static string UserOf(JsonObject manifest) =>
        ContainerOf(manifest)["securityContext"] is { } security ? $"{security["runAsUser"]}:{security["runAsGroup"]}" : "0:0";

    private static string[] AgentArgumentsOf(string name, JsonObject manifest) =>
        [$"--pid=container:{NameOf(name)}", $"--network=container:{NameOf(name)}", "--user", UserOf(manifest), .. Restricted];

    private static JsonObject Waiting(string reason, string message) =>
        new() { ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message } };

    private async Task LiveAsync()
    {
        try
        {
            while (Settings.Unschedulable is not null && !_isEnding)
            {
                await Task.Delay(PollInterval);
            }

            if (!_isEnding)
            {
                await RunAsync();
            }
        }
        finally
        {
            _lived.SetResult();
        }
    }

    private async Task RunAsync()
    {
        if (Server is not { } version)
        {
            Enter(Waiting("ImagePullBackOff", $"Back-off pulling image \"{(string)Own["image"]!}\""));
            return;
        }

        string[] words =
        [
            "run", "--detach", "--name", Container, "--network=none", "--user", UserOf(manifest), .. Restricted, .. Volumes(),
            "--rootfs", version.Root + ":O", (string?)Own["command"]?[0] ?? "/bin/prometheus", .. Own["args"]!.AsArray().Select(word => (string)word!),
        ];
        CommandResult run = await Podman.RunAsync(words);
        if (run.ExitStatus != 0)
        {
            Enter(Waiting("RunContainerError", run.Error));
            return;
        }

        int process = int.Parse((await Podman.RunAsync("inspect", "--format={{.State.Pid}}", Container)).Output, CultureInfo.InvariantCulture);
        Enter(new() { ["running"] = new JsonObject { ["startedAt"] = "2026-01-01T00:00:00Z" } });
        _ = Task.Run(() => WatchAsync(process));
    }

    private async Task WatchAsync(int process)
    {
        while (process > 0 && ProcessTable.StatusOf(process, "State") is { } state && state[0] is not ('Z' or 'X'))
        {
            await Task.Delay(PollInterval);
        }

        if (!_isEnding)
        {
            string status = (await Podman.RunAsync("wait", Container)).Output.Trim();
            CommandResult log = await Podman.RunAsync("logs", "--tail=3", Container);
            Enter(new()
            {
                ["terminated"] = new JsonObject { ["exitCode"] = int.Parse(status, CultureInfo.InvariantCulture), ["reason"] = "Error", ["message"] = log.Error },
            });
        }
    }

    private void Enter(JsonObject state)
    {
        _state = state;
        Publish();
    }

    // The kubelet makes an emptyDir that everybody may write to, and the files of annotations.
    private IEnumerable<string> Volumes()
    {
        foreach (JsonNode? mount in Own["volumeMounts"]!.AsArray())
        {
            string volume = (string)mount!["name"]!;
            JsonNode source = manifest["spec"]!["volumes"]!.AsArray().Single(one => (string)one!["name"]! == volume)!;
            string path = Directory.CreateDirectory(Path.Combine(_folder, volume)).FullName;
            File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
            foreach (JsonNode? item in source["downwardAPI"]?["items"] as JsonArray ?? [])
            {
                string field = (string)item!["fieldRef"]!["fieldPath"]!;
                string key = field["metadata.annotations['".Length..^"']".Length];
                File.WriteAllText(Path.Combine(path, (string)item["path"]!), (string)manifest["metadata"]!["annotations"]![key]!);
            }

            yield return $"--volume={path}:{(string)mount["mountPath"]!}{((bool?)mount["readOnly"] == true ? ":ro" : string.Empty)}";
        }
    }
}
