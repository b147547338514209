using System.ComponentModel;
using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Docker;

/// <summary>A docker daemon for the tests only, with the programs that tests/fetch-docker.sh fetched.</summary>
public sealed class DockerEngine : IAsyncLifetime
{
    private static readonly string Root = Cache.PathOf("OSO_DOCKER_ROOT", "docker");

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-docker-").FullName;
    private Process? _process;
    private string? _obstacle;

    // Without the right to become root, the script ends before it writes the file "ended".
    private bool HasEnded => _process!.HasExited || File.Exists(PathOf("ended"));

    // The variables that each command starts with.
    private IReadOnlyList<string> Variables =>
    [
        "env", $"DOCKER_HOST=unix://{PathOf("socket")}", $"DOCKER_CONFIG={PathOf("config")}",
        $"PATH={Root}/usr/bin:{Environment.GetEnvironmentVariable("PATH")}",
    ];

    public async ValueTask InitializeAsync()
    {
        _obstacle = Directory.Exists(Root) ? await StartAsync() : $"There is no {Root}: run tests/fetch-docker.sh.";
        if (_obstacle is null)
        {
            // The agent's own image is not tried here: a test must fail, not be skipped, if that image can't be loaded
            // or started.
            await ImportAsync("trial", PrometheusVersion.V2_42);
            CommandResult attempt = await RunAsync("run", "--rm", "--network=none", "trial", "/bin/busybox", "true");
            _obstacle = attempt.ExitStatus == 0 ? null : attempt.Error;
        }
    }

    /// <summary>Skips the test if no docker daemon can run.</summary>
    public void SkipWhereImpossible() => Assert.SkipWhen(_obstacle is not null, $"Docker can't run here: {_obstacle}");

    /// <summary>Runs a script as root, with the client and the daemon of this engine.</summary>
    internal Task<CommandResult> RunScriptAsync(string script, params string[] arguments) =>
        HostCommand.RunAsync(HostCommand.AsRoot([.. Variables, "bash", "-o", "pipefail", "-c", script, .. arguments]));

    internal Task<CommandResult> RunAsync(params IEnumerable<string> arguments) =>
        HostCommand.RunAsync(HostCommand.AsRoot([.. Variables, "docker", .. arguments]));

    /// <summary>Makes a folder that is deleted with the engine, even if other users own its files.</summary>
    internal string MakeFolder() => Directory.CreateDirectory(PathOf(Guid.NewGuid().ToString("N"))).FullName;

    internal async Task LoadOurImageAsync()
    {
        Assert.True(File.Exists(OciArchive.Path), $"There is no {OciArchive.Path}: run ./build.sh image.");
        (await RunAsync("load", "--input", OciArchive.Path)).Succeeded();
    }

    /// <summary>Makes an image of a Prometheus' root.</summary>
    internal async Task ImportAsync(string name, PrometheusVersion version)
    {
        string archive = PathOf("import.tar");
        (await HostCommand.RunAsync(HostCommand.AsRoot("tar", "cf", archive, "-C", version.Root, "."))).Succeeded();
        (await RunAsync("import", archive, name)).Succeeded();
    }

    internal Task WaitForLogAsync(string container, string text)
    {
        string log = string.Empty;
        return Eventually.HoldsAsync(
            async () =>
            {
                CommandResult logs = await RunAsync("logs", container);
                log = logs.Output + logs.Error;
                return log.Contains(text, StringComparison.Ordinal);
            },
            () => $"no '{text}' in the log of {container}:\n{log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_obstacle is null)
        {
            // The containers' control groups outlive a killed daemon.
            await RunScriptAsync("docker ps --all --quiet | xargs --no-run-if-empty docker rm --force");
        }

        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
            _process.Dispose();
        }

        // The script deletes the directory itself, unless it could not start.
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private async Task<string?> StartAsync()
    {
        Directory.CreateDirectory(PathOf("config"));
        File.CreateSymbolicLink(PathOf("config/cli-plugins"), Root + "/usr/libexec/docker/cli-plugins");
        string script = Path.Combine(AppContext.BaseDirectory, "Docker", "start-engine.sh");
        try
        {
            _process = HostCommand.Start(HostCommand.AsRoot("bash", script, Root, _directory));
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }

        await Eventually.HoldsAsync(
            async () => HasEnded || (await RunAsync("info")).ExitStatus == 0,
            () => "no docker daemon");
        return HasEnded ? await DescribeEndAsync() : null;
    }

    private async Task<string> DescribeEndAsync()
    {
        if (!File.Exists(PathOf("log")))
        {
            return await _process!.StandardError.ReadToEndAsync();
        }

        return string.Join('\n', (await File.ReadAllLinesAsync(PathOf("log"))).TakeLast(2));
    }
}
