using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>A real Prometheus in a real container, laid out as in the runbook: service port 80, a prefix, the volume at /data.</summary>
internal sealed class TargetContainer : IAsyncDisposable
{
    public const string Service = "oso-p-prom-svr";
    public const string Prefix = "occne3-n2";

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-image-").FullName;
    private readonly string _name = "oso-prom-" + Guid.NewGuid().ToString("N");
    private readonly string _user;
    private int _agents;

    private TargetContainer(string user) => _user = user;

    public string Name => _name;

    /// <summary>What kubectl debug --profile=restricted gives a container beside this one.</summary>
    public IReadOnlyList<string> AgentArguments =>
    [
        $"--pid=container:{_name}", $"--network=container:{_name}", "--user", _user, $"--volume={Hosts}:/etc/hosts:ro",
        "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges",
    ];

    public string Data => Path.Combine(_directory, "data");

    // The kubelet writes one for all containers of a pod, and the cluster's name service would answer the rest.
    private string Hosts => Path.Combine(_directory, "hosts");

    public string Archive => Path.Combine(Data, "snapshots.tgz");

    public IEnumerable<string> Artefacts => Directory.EnumerateFileSystemEntries(Data, "snapshots*");

    /// <param name="files">More files in /etc/prometheus.</param>
    /// <param name="flags">More flags of Prometheus.</param>
    public static async Task<TargetContainer> StartAsync(string user = "65534:65534", long blockBytes = 1 << 20, IReadOnlyDictionary<string, string>? files = null, params string[] flags)
    {
        await Podman.SkipWhereImpossibleAsync();
        TargetContainer target = new(user);
        try
        {
            await target.RunAsync(blockBytes, files ?? new Dictionary<string, string>(), flags);
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    /// <summary>As kubectl debug does; with -i and -t where a terminal is asked for.</summary>
    public async Task<AgentContainer> StartAgentAsync(bool hasTerminal, params (string Name, string Value)[] variables)
    {
        string name = $"{_name}-agent-{Interlocked.Increment(ref _agents)}";
        (await Podman.RunAsync(
        [
            "run", "--detach", "--name", name, .. AgentArguments, .. hasTerminal ? (string[])["--interactive", "--tty"] : [],
            .. variables.Select(variable => $"--env={variable.Name}={variable.Value}"), Podman.Image,
        ])).Succeeded();
        return new AgentContainer(name);
    }

    public async Task KillAsync() => (await Podman.RunAsync("kill", _name)).Succeeded();

    public async ValueTask DisposeAsync()
    {
        // The agents go with the container whose namespaces they share.
        await Podman.RunAsync("rm", "--force", "--depend", "--time=0", _name);
        await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _directory));
    }

    private async Task RunAsync(long blockBytes, IReadOnlyDictionary<string, string> files, string[] flags)
    {
        await File.WriteAllTextAsync(Hosts, $"127.0.0.1 localhost {Service}\n");
        string configuration = Path.Combine(_directory, "etc");
        Directory.CreateDirectory(configuration);
        await File.WriteAllTextAsync(Path.Combine(configuration, "prometheus.yml"), "{}");
        foreach ((string file, string content) in files)
        {
            await File.WriteAllTextAsync(Path.Combine(configuration, file), content);
        }

        BlockGenerator.Generate(new GeneratorOptions { Directory = Data, BlockCount = 2, SizeBytes = blockBytes, Seed = 1, Until = TimeProvider.System.GetUtcNow() });
        (await HostCommand.RunAsync(HostCommand.AsRoot("chown", "-R", _user, Data, configuration))).Succeeded();
        (await HostCommand.RunAsync("chmod", "755", _directory)).Succeeded();
        (await Podman.RunAsync(
        [
            "run", "--detach", "--name", _name, "--network=none", "--sysctl=net.ipv4.ip_unprivileged_port_start=0",
            "--user", _user, "--cap-drop=ALL", $"--volume={Data}:/data", $"--volume={configuration}:/etc/prometheus:ro",
            "--rootfs", PrometheusVersion.V2_42.Root + ":O", "/bin/prometheus", "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/data", "--web.listen-address=:80", "--web.enable-admin-api", $"--web.route-prefix=/{Prefix}/prometheus", .. flags,
        ])).Succeeded();
        CommandResult log = new(string.Empty, 0, string.Empty, string.Empty);
        await Eventually.HoldsAsync(
            async () => (log = await Podman.RunAsync("logs", _name)).Error.Contains("Server is ready", StringComparison.Ordinal),
            () => $"no ready Prometheus:\n{log.Error}");
    }
}
