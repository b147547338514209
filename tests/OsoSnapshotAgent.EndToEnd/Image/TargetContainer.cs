using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>
/// A real Prometheus in a real container, with the layout of the runbook: service port 80, a prefix, the volume at
/// /data.
/// </summary>
internal sealed class TargetContainer : IAsyncDisposable
{
    public const string Service = "oso-p-prom-svr";
    public const string Prefix = "occne3-n2";

    private static readonly string[] Restricted = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges"];

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-image-").FullName;
    private readonly TargetOptions _options;

    // The name of the container whose namespaces the others share.
    private readonly string _name = "oso-prom-" + Guid.NewGuid().ToString("N");
    private int _agents;

    private TargetContainer(TargetOptions options) => _options = options;

    public string Name => _name;

    public string Data => PathOf("data");

    public string Archive => Path.Combine(Data, "snapshots.tgz");

    public IEnumerable<string> Artefacts => Directory.EnumerateFileSystemEntries(Data, "snapshots*").Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path));

    // The kubelet writes this file for all containers of a pod. It also has the names that the name service would
    // answer.
    private string Hosts => PathOf("hosts");

    private string Configuration => PathOf("etc");

    private string StoragePathFlag => "--storage.tsdb.path=" + _options.StoragePath;

    private IReadOnlyList<string> Joined => [$"--pid=container:{_name}", $"--network=container:{_name}"];

    public static async Task<TargetContainer> StartAsync(TargetOptions? options = null)
    {
        await Podman.SkipWhereImpossibleAsync();
        TargetContainer target = new(options ?? new());
        try
        {
            await target.PrepareAsync();
            await target.StartContainersAsync();
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    /// <summary>The arguments that kubectl debug --profile=restricted gives a container beside this one.</summary>
    public IReadOnlyList<string> AgentArguments =>
        [.. Joined, "--user", _options.User, $"--volume={Hosts}:/etc/hosts:ro", .. Restricted];

    public string PathOf(string name) => Path.Combine(_directory, name);

    public Task<AgentContainer> StartAgentAsync(bool hasTerminal, params (string Name, string Value)[] variables) =>
        StartAgentAsync(new AgentContainerOptions { HasTerminal = hasTerminal, Variables = variables });

    /// <summary>Starts the agent as kubectl debug does, with -i and -t if the options ask for a terminal.</summary>
    public async Task<AgentContainer> StartAgentAsync(AgentContainerOptions options)
    {
        string name = $"{_name}-agent-{Interlocked.Increment(ref _agents)}";

        // The kubelet makes this file writable for everyone.
        string terminationLog = PathOf(name);
        await File.WriteAllTextAsync(terminationLog, string.Empty);
        File.SetUnixFileMode(terminationLog, (UnixFileMode)0b110_110_110);
        (await Podman.RunAsync(
        [
            "run", "--detach", "--name", name, .. options.SharesProcesses ? Joined : Joined.Skip(1), "--user", options.User ?? _options.User, .. Restricted,
            .. options.HasTerminal ? (string[])["--interactive", "--tty"] : [],
            $"--volume={Hosts}:/etc/hosts:ro", $"--volume={terminationLog}:/dev/termination-log", .. options.Volumes.Select(volume => "--volume=" + volume),
            .. options.Variables.Select(variable => $"--env={variable.Name}={variable.Value}"), Podman.Image, .. options.Arguments,
        ])).Succeeded();
        return new AgentContainer(name, terminationLog);
    }

    /// <summary>
    /// Starts another Prometheus in the same namespaces, with one block in the directory <paramref name="data"/> of the
    /// host.
    /// </summary>
    public async Task AddServerAsync(string data, int port)
    {
        Generate(data, blocks: 1);
        await ChownAsync(data);
        await StartServerAsync($"{_name}-{port}", Joined, data, port);
    }

    /// <summary>Sends a signal to the first process.</summary>
    public async Task SignalAsync(string signal) => (await Podman.RunAsync("kill", "--signal", signal, _name)).Succeeded();

    /// <summary>Sends Prometheus samples. Prometheus needs --web.enable-remote-write-receiver.</summary>
    /// <param name="bodies">Bodies that <see cref="RemoteWrite"/> has made, in the order of their samples' times.</param>
    public async Task WriteAsync(IEnumerable<byte[]> bodies)
    {
        string process = (await Podman.RunAsync("inspect", "--format={{.State.Pid}}", _name)).Succeeded().Output.Trim();
        foreach (byte[] body in bodies)
        {
            await File.WriteAllBytesAsync(PathOf("samples"), body);
            (await HostCommand.RunAsync(HostCommand.AsRoot(
                "nsenter", "--target", process, "--net", "curl", "--silent", "--show-error", "--fail-with-body",
                "--header", "Content-Encoding: snappy", "--header", "Content-Type: application/x-protobuf",
                "--header", "X-Prometheus-Remote-Write-Version: 0.1.0", "--data-binary", "@" + PathOf("samples"),
                $"http://localhost:80/{Prefix}/prometheus/api/v1/write"))).Succeeded();
        }
    }

    /// <summary>Makes new containers on the same volume, as a restart of the pod does.</summary>
    public async Task ReplaceAsync()
    {
        (await RemoveContainersAsync()).Succeeded();
        await StartContainersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await RemoveContainersAsync();
        if (_options.VolumeBytes > 0)
        {
            await HostCommand.RunAsync(HostCommand.AsRoot("umount", Data));
        }

        await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _directory));
    }

    private static void Generate(string data, int blocks, long blockBytes = 1 << 20) =>
        BlockGenerator.Generate(new GeneratorOptions { Directory = data, BlockCount = blocks, SizeBytes = blockBytes, Seed = 1, Until = TimeProvider.System.GetUtcNow() });

    // The agents and all other containers are removed with the one whose namespaces they share.
    private Task<CommandResult> RemoveContainersAsync() => Podman.RunAsync("rm", "--force", "--depend", "--time=0", _name);

    private async Task ChownAsync(string directory) => (await HostCommand.RunAsync(HostCommand.AsRoot("chown", "-R", "--no-dereference", _options.User, directory))).Succeeded();

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(Hosts, $"127.0.0.1 localhost {Service}\n");
        Directory.CreateDirectory(Configuration);
        await File.WriteAllTextAsync(Path.Combine(Configuration, "prometheus.yml"), "{}");
        foreach ((string file, string content) in _options.Files)
        {
            await File.WriteAllTextAsync(Path.Combine(Configuration, file), content);
        }

        foreach ((string link, string destination) in _options.Links)
        {
            File.CreateSymbolicLink(Path.Combine(Configuration, link), destination);
        }

        await File.WriteAllTextAsync(Path.Combine(Configuration, "flags"), StoragePathFlag + "\n");
        Directory.CreateDirectory(Data);
        if (_options.VolumeBytes > 0)
        {
            (await HostCommand.RunAsync(HostCommand.AsRoot("mount", "-t", "tmpfs", "-o", $"size={_options.VolumeBytes}", "none", Data))).Succeeded();
        }

        if (_options.BlockCount > 0)
        {
            Generate(Data, _options.BlockCount, _options.BlockBytes);
        }

        await ChownAsync(Data);
        await ChownAsync(Configuration);
        (await HostCommand.RunAsync("chmod", "755", _directory)).Succeeded();
    }

    private async Task StartContainersAsync()
    {
        string[] own = ["--network=none", "--sysctl=net.ipv4.ip_unprivileged_port_start=0"];
        if (_options.FirstProcess != FirstProcess.Sleeper)
        {
            await StartServerAsync(_name, own, Data, port: 80);
            return;
        }

        // As /pause, this container has its own root and an identity of its own.
        (await Podman.RunAsync(["run", "--detach", "--name", _name, .. own, "--user=65535:65535", "--cap-drop=ALL", "--rootfs", _options.Version.Root + ":O", "/bin/busybox", "sleep", "86400"])).Succeeded();
        await StartServerAsync(_name + "-80", Joined, Data, port: 80);
    }

    private async Task StartServerAsync(string name, IReadOnlyList<string> namespaces, string data, int port)
    {
        string[] wrapper = _options.FirstProcess == FirstProcess.ShellWrapper ? ["/bin/sh", "-c", "\"$@\"; exit $?", "sh"] : [];
        (await Podman.RunAsync(
        [
            "run", "--detach", "--name", name, .. namespaces, "--user", _options.User, "--cap-drop=ALL", $"--volume={data}:/data", $"--volume={Configuration}:/etc/prometheus:ro",
            "--rootfs", _options.Version.Root + ":O", .. wrapper, "/bin/prometheus", "--config.file=/etc/prometheus/prometheus.yml", _options.HasFlagsInFile ? "@/etc/prometheus/flags" : StoragePathFlag,
            $"--web.listen-address=:{port}", "--web.enable-admin-api", $"--web.route-prefix=/{Prefix}/prometheus", .. _options.Flags,
        ])).Succeeded();
        CommandResult log = new(string.Empty, 0, string.Empty, string.Empty);
        await Eventually.HoldsAsync(
            async () => (log = await Podman.RunAsync("logs", name)).Error.Contains("Server is ready", StringComparison.Ordinal),
            () => $"no ready Prometheus:\n{log.Error}");
    }
}
