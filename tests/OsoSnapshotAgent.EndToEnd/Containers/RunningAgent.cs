using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>The published binary, running in a pod's namespaces with a root file system other than Prometheus'.</summary>
internal sealed class RunningAgent : IAsyncDisposable
{
    private const string Name = "oso-snapshot";

    private readonly Process _launcher;
    private readonly AgentOptions _options;
    private readonly string _directory;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private RunningAgent(Process launcher, AgentOptions options, string directory)
    {
        _launcher = launcher;
        _options = options;
        _directory = directory;
        launcher.StandardInput.Close();
        _output = launcher.StandardOutput.ReadToEndAsync();
        _error = launcher.StandardError.ReadToEndAsync();
    }

    /// <summary>The binary that ./build.sh publish makes.</summary>
    public static string Binary => Environment.GetEnvironmentVariable("OSO_SNAPSHOT_BINARY") is { Length: > 0 } set
        ? set
        : Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../dist", Name));

    /// <summary>The agent's own number on the host; null if the agent ended before it was seen.</summary>
    public int? Pid { get; private set; }

    public bool HasEnded => _launcher.HasExited;

    /// <summary>The agent's resident memory now.</summary>
    public long ResidentBytes => MemoryBytes("VmRSS");

    /// <summary>The agent's peak resident memory.</summary>
    public long PeakResidentBytes => MemoryBytes("VmHWM");

    private int LivingPid => Pid ?? throw new InvalidOperationException("The agent has ended.");

    private string TerminationLog => Path.Combine(_directory, "termination-log");

    public static async Task<RunningAgent> StartAsync(PrometheusPod pod, AgentOptions options, string directory)
    {
        PrepareDirectory(options.Binary ?? Binary, directory);
        options = options with { User = options.User ?? pod.Options.User };
        IEnumerable<string> command = [.. Namespaces(pod, options), .. Container(options, directory)];
        Process launcher = HostCommand.Start(HostCommand.AsRoot(command));
        var agent = new RunningAgent(launcher, options, directory);
        await Eventually.HoldsAsync(
            () => Task.FromResult(launcher.HasExited || (agent.Pid = ProcessTable.FindDescendant(launcher.Id, agent.IsAgent)) is not null),
            () => "no agent process");
        return agent;
    }

    /// <summary>Sends a signal such as "TERM" to the agent itself.</summary>
    public async Task SignalAsync(string signal) =>
        (await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-s", signal, LivingPid.ToString(CultureInfo.InvariantCulture)))).Succeeded();

    /// <summary>Continues an agent that was stopped, and the programs that started it: nsenter stops with its child.</summary>
    public Task ContinueAsync() => RootShell.RunAsync(
        "for ((id = $0; id > 1; id = $(awk '/^PPid/ { print $2 }' /proc/$id/status))); do kill -s CONT $id; [ $id != $1 ] || break; done",
        LivingPid.ToString(CultureInfo.InvariantCulture),
        _launcher.Id.ToString(CultureInfo.InvariantCulture));

    public async Task<AgentResult> WaitAsync(TimeSpan? deadline = null)
    {
        await _launcher.WaitForExitAsync().WaitAsync(deadline ?? Eventually.Deadline);
        TimeSpan duration = Stopwatch.GetElapsedTime(_start);
        return new AgentResult(_launcher.ExitCode, await _output, await _error, await File.ReadAllTextAsync(TerminationLog), duration);
    }

    /// <summary>Asks the agent whether it waits for the copy.</summary>
    public async Task<bool> IsHoldingAsync() =>
        (await ExecAsync("status")).Output.Contains("hold-for-copy", StringComparison.Ordinal);

    /// <summary>Runs a verb in the agent's own container, as kubectl exec does.</summary>
    public Task<CommandResult> ExecAsync(params string[] arguments) => HostCommand.RunAsync(Exec(arguments));

    /// <summary>Starts a verb in the same way. Its input stays open, as kubectl exec -i holds it.</summary>
    public Process StartExec(params string[] arguments) => HostCommand.Start(Exec(arguments));

    private IReadOnlyList<string> Exec(string[] arguments) => HostCommand.AsRoot(
    [
        "nsenter", "--target", LivingPid.ToString(CultureInfo.InvariantCulture), "--mount", "--pid", "--net", "--uts",
        "env", "-i", .. Variables(_options),
        .. Identity(_options), .. _options.Emulator, Path.Combine(_directory, Name), .. arguments,
    ]);

    public async ValueTask DisposeAsync()
    {
        if (!_launcher.HasExited && Pid is not null)
        {
            await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-s", "KILL", LivingPid.ToString(CultureInfo.InvariantCulture)));
            await _launcher.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        }

        _launcher.Dispose();
    }

    private long MemoryBytes(string line) =>
        1024 * long.Parse(ProcessTable.StatusOf(LivingPid, line)!.Split(' ')[0], CultureInfo.InvariantCulture);

    // The shell and setpriv, which run first, have other names. The kernel keeps 15 characters of a name.
    private bool IsAgent(int pid) =>
        ProcessTable.NameOf(pid) is { Length: > 0 } name
        && Path.GetFileName(_options.Emulator.FirstOrDefault(Name)).StartsWith(name, StringComparison.Ordinal);

    // The binary is copied, because the agent's user may not be allowed to enter the checkout.
    private static void PrepareDirectory(string binary, string directory)
    {
        Assert.True(File.Exists(binary), $"There is no {binary}: run ./build.sh publish, or name the binary in OSO_SNAPSHOT_BINARY.");
        Directory.CreateDirectory(directory);
        File.Copy(binary, Path.Combine(directory, Name));
        File.Copy(Path.Combine(directory, "../hosts"), Path.Combine(directory, "hosts"));
        // The kubelet makes this file writable for everyone.
        File.WriteAllText(Path.Combine(directory, "termination-log"), string.Empty);
        File.SetUnixFileMode(Path.Combine(directory, "termination-log"), (UnixFileMode)0b110_110_110);
    }

    private static IEnumerable<string> Namespaces(PrometheusPod pod, AgentOptions options)
    {
        IEnumerable<string> joined = ["--uts", .. When(options.JoinsPidNamespace, "--pid"), .. When(options.JoinsNetwork, "--net")];
        IEnumerable<string> made =
            ["--mount", .. When(!options.JoinsPidNamespace, "--pid", "--fork", "--kill-child"), .. When(!options.JoinsNetwork, "--net")];
        return ["nsenter", "--target", pod.FirstProcessId.ToString(CultureInfo.InvariantCulture), .. joined, "unshare", .. made];
    }

    private static IEnumerable<string> Container(AgentOptions options, string directory) =>
    [
        "env", "AGENT_DIRECTORY=" + directory, "AGENT_TERMINATION_LOG=" + Path.Combine(directory, "termination-log"),
        "AGENT_USER=" + options.User, "AGENT_TERMINAL=" + options.Terminal?.Path,
        "AGENT_REDIRECTION=" + options.Redirection,
        "bash", PodLauncher.Script("agent.sh"), .. Variables(options), .. Identity(options),
        .. When(options.Terminal is not null, "/usr/bin/setsid", "--ctty"),
        .. options.Wrapper, .. options.Emulator, Path.Combine(directory, Name), .. options.Arguments,
    ];

    private static IEnumerable<string> Variables(AgentOptions options) =>
        options.Environment.Select(variable => $"{variable.Key}={variable.Value}");

    private static string[] Identity(AgentOptions options)
    {
        string[] ids = options.User!.Split(':');
        string capabilities = "-all" + (options.Capabilities is { } added ? "," + added : string.Empty);
        return
        [
            "/usr/bin/setpriv", "--reuid", ids[0], "--regid", ids[1], "--clear-groups", "--no-new-privs",
            "--bounding-set=" + capabilities, "--inh-caps=" + capabilities, "--ambient-caps=" + capabilities,
        ];
    }

    private static string[] When(bool condition, params string[] words) => condition ? words : [];
}
