using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.ApiServer;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>The plugin's cluster: the real kubectl, and an imitation of the API server.</summary>
internal sealed class Cluster : IDisposable
{
    public const string Pod = "oso-p-prom-svr-0";

    private readonly ApiServer.ApiServer _server;

    public Cluster(params IReadOnlyList<TargetContainer> targets)
    {
        // Some tests fail before they need a container.
        ServedPod[] pods = targets.Count == 0
            ? [new ServedPod(Pod, "none", [])]
            : [.. targets.Select((target, number) => new ServedPod($"oso-p-prom-svr-{number}", target.Name, target.AgentArguments))];
        _server = new ApiServer.ApiServer(pods) { Folder = OwnFolder };
        Serve(_server.Address);
    }

    /// <summary>The directory in which the plugin runs and leaves its archives.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("oso-plugin-").FullName;

    public string Archive => Path.Combine(Folder, Pod + "-snapshots.tgz");

    /// <summary>More variables of the plugin, such as those of a faulty disk. They come after those of all tests.</summary>
    public IReadOnlyDictionary<string, string> OwnVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>Wide enough for a progress bar.</summary>
    public (int Rows, int Columns) TerminalSize { get; init; } = (40, 120);

    /// <summary>What says what the terminal can show, as NAME=VALUE.</summary>
    public string TerminalVariable { get; init; } = "TERM=xterm";

    /// <summary>The timeout of a command.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The names of the files in the plugin's directory.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>The version of kubectl, of those that tests/fetch-kubectl.sh has fetched.</summary>
    public string Kubectl { get; init; } = Environment.GetEnvironmentVariable("OSO_TEST_KUBECTL") ?? "1.32";

    public Uri Address => _server.Address;

    /// <summary>
    /// Each export in the order of its start: the offset asked for, the bytes that passed, and whether it was cut or left
    /// by the client.
    /// </summary>
    public IReadOnlyList<(long Offset, long Passed, bool IsBroken)> Exports =>
        [.. _server.Exports.Select(export => (export.Offset, export.Passed, export.IsBroken))];

    /// <inheritdoc cref="ApiServer.ApiServer.ReceivedBytes"/>
    public long ReceivedBytes => _server.ReceivedBytes;

    /// <summary>The names of all debug containers that the plugin asked for.</summary>
    public IReadOnlyList<string> Containers => [.. _server.Started.Select(container => container.Name)];

    /// <summary>The names of the pods that the plugin has created, and not deleted.</summary>
    public IReadOnlyList<string> CreatedPods => [.. _server.Pods.OfType<CreatedPod>().Select(pod => pod.Name)];

    /// <summary>The method and path of each request to the API server.</summary>
    public IReadOnlyCollection<string> Requests => _server.Requests;

    /// <summary>The command lines of the client, of kubectl and of what they have started on this machine.</summary>
    public IEnumerable<string> Processes => ProcessTable.CommandsWith(Mark);

    /// <summary>The variables of each debug container, as NAME=VALUE.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Variables => [.. _server.Started.Select(container => container.Variables)];

    private string OwnFolder => Directory.CreateDirectory(Path.Combine(Folder, ".cluster")).FullName;

    private string Mark => "OSO_TEST_CLUSTER=" + Folder;

    /// <param name="settings">Members of <see cref="ApiSettings"/>, such as faults.</param>
    public void Configure(JsonObject settings) =>
        _server.Settings = new ApiSettings((JsonObject)JsonNode.Parse(settings.ToJsonString())!);

    /// <summary>One of the refusals in <see cref="ApiSettings"/>.</summary>
    /// <param name="on">The requests: a method, and a part of the path.</param>
    public static JsonNode Refusal(string on, int code, string reason, string message) =>
        new JsonObject { ["on"] = on, ["code"] = code, ["reason"] = reason, ["message"] = message };

    /// <summary>
    /// Writes a kubeconfig, so that kubectl finds the API server at this address. kubectl names its user only over TLS.
    /// </summary>
    /// <param name="more">More members of the cluster in it.</param>
    public void Serve(Uri address, string more = "") => File.WriteAllText(Path.Combine(OwnFolder, "kubeconfig"), $$$"""
        {"apiVersion": "v1", "kind": "Config", "current-context": "tests",
         "clusters": [{"name": "tests", "cluster": {"server": "{{{address}}}"{{{more}}}}}],
         "users": [{"name": "tests", "user": {"token": "secret"}}],
         "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests", "namespace": "oso"}}]}
        """);

    /// <summary>Places a script before kubectl on PATH. It finds the real one as $KUBECTL_BELOW.</summary>
    public void PlaceKubectl(string script)
    {
        string path = Path.Combine(Folder, "kubectl");
        File.WriteAllText(path, "#!/bin/sh\n" + script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Runs kubectl oso-snapshot.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => HostCommand.RunAsync(Command(arguments), Folder, Timeout);

    /// <summary>Waits until status says so: the cluster reports a container's end late.</summary>
    public Task StatusTellsAsync(string text) => Eventually.HoldsAsync(
        async () => (await RunAsync("status", Pod)).Output.Contains(text, StringComparison.Ordinal), () => $"no '{text}' in status");

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

    public Task<CommandResult> RunKubectlAsync(params string[] arguments) =>
        HostCommand.RunAsync([.. Surroundings, "kubectl", .. arguments], Folder, Timeout);

    /// <summary>Starts the plugin on a terminal whose keys send signals.</summary>
    public Process StartOn(Pty terminal, params string[] arguments) => StartAt(terminal, Command(arguments));

    public Process StartKubectlOn(Pty terminal, params string[] arguments) =>
        StartAt(terminal, [.. Surroundings, "kubectl", .. arguments]);

    private Process StartAt(Pty terminal, string[] command)
    {
        terminal.Resize(TerminalSize.Rows, TerminalSize.Columns);
        return HostCommand.Start(
            ["sh", "-c", "tty=$1; shift; exec setsid -c -w env -u NO_COLOR \"$@\" <\"$tty\" >\"$tty\" 2>&1", "sh", terminal.Path, TerminalVariable, .. command],
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

    public void Dispose()
    {
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();

        // A kubectl that was killed, or a container that ends, may still write its file.
        for (int attempt = 0; Directory.Exists(Folder); attempt++)
        {
            try
            {
                Directory.Delete(Folder, recursive: true);
            }
            catch (IOException) when (attempt < 10)
            {
                Thread.Sleep(100);
            }
        }
    }

    private string KubectlFolder => Path.Combine(Cache.PathOf("OSO_KUBECTL_ROOTS", "kubectl"), Kubectl, "usr/bin");

    private string[] Surroundings =>
    [
        "env", Mark, $"PATH={Folder}:{KubectlFolder}:{Environment.GetEnvironmentVariable("PATH")}",
        $"KUBECTL_BELOW={KubectlFolder}/kubectl", $"KUBECONFIG={OwnFolder}/kubeconfig", $"KUBECACHEDIR={OwnFolder}/cache", $"HOME={OwnFolder}",

        // On a busy machine podman takes long to start a command.
        "OSO_PLUGIN_STALL_SECONDS=120", "OSO_SNAPSHOT_IMAGE=" + Podman.Image,
        .. OwnVariables.Select(variable => $"{variable.Key}={variable.Value}"),
    ];

    private string[] Command(string[] arguments) => [.. Surroundings, Client.Binary, .. arguments];
}
