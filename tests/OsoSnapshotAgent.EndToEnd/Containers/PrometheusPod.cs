using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>
/// A real Prometheus in PID, mount, network and UTS namespaces of its own, with a root file system of its own. The
/// agent sees it as an ephemeral container sees its target. util-linux makes it, because a container engine needs much
/// longer.
/// </summary>
internal sealed class PrometheusPod : IAsyncDisposable
{
    private readonly Process _launcher;
    private readonly PodDirectory _directory;
    private int _agents;

    private PrometheusPod(PodOptions options, PodDirectory directory, Process launcher)
    {
        Options = options;
        _directory = directory;
        _launcher = launcher;
    }

    public PodOptions Options { get; }

    /// <summary>PID 1 of the pod, by its number on the host.</summary>
    public int FirstProcessId { get; private set; }

    /// <summary>
    /// The data directory's path for the tests. On a volume of limited size, only root can use it while the pod lives.
    /// </summary>
    public string DataDirectory => Options.VolumeBytes is null ? _directory.Data : $"/proc/{FirstProcessId}/root{Options.DataPath}";

    /// <summary>The path of the container's root for the tests.</summary>
    public string Root => _directory.Root;

    public string Archive => Path.Combine(DataDirectory, "snapshots.tgz");

    public string Log => File.Exists(_directory.Log) ? File.ReadAllText(_directory.Log) : string.Empty;

    public static async Task<PrometheusPod> StartAsync(PodOptions? options = null)
    {
        await PodLauncher.SkipWhereImpossibleAsync();
        options ??= new PodOptions();
        var directory = PodDirectory.Create(options);
        var pod = new PrometheusPod(options, directory, PodLauncher.Start(options, directory));
        try
        {
            await pod.WaitUntilUpAsync();
            return pod;
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the number on the host of the pod's process with this name, such as "prometheus".</summary>
    public int? FindProcess(string name) => ProcessTable.FindDescendant(_launcher.Id, pid => ProcessTable.NameOf(pid) == name);

    public Task<HttpAnswer> GetAsync(string path) => RequestAsync("GET", path);

    public Task<HttpAnswer> PostAsync(string path) => RequestAsync("POST", path);

    /// <summary>Returns the result of a PromQL query as JSON that can be compared.</summary>
    public async Task<string> QueryAsync(string query, DateTimeOffset? time = null)
    {
        string at = time is { } fixedTime ? $"&time={fixedTime.ToUnixTimeMilliseconds() / 1000m}" : string.Empty;
        return await ResultAsync($"api/v1/query?query={Uri.EscapeDataString(query)}{at}");
    }

    /// <summary>Returns a line for each series, with its samples at each step.</summary>
    public Task<string> QueryRangeAsync(string query, DateTimeOffset from, DateTimeOffset to, TimeSpan step) =>
        ResultAsync($"api/v1/query_range?query={Uri.EscapeDataString(query)}&start={from.ToUnixTimeMilliseconds() / 1000m}&end={to.ToUnixTimeMilliseconds() / 1000m}&step={step.TotalSeconds}");

    /// <summary>Runs the agent to its end, without a terminal.</summary>
    public Task<AgentResult> RunAgentAsync(IReadOnlyDictionary<string, string>? environment = null, params string[] arguments) =>
        RunAgentAsync(new AgentOptions { Environment = environment ?? new Dictionary<string, string>(), Arguments = arguments });

    public async Task<AgentResult> RunAgentAsync(AgentOptions options)
    {
        await using RunningAgent agent = await StartAgentAsync(options);
        return await agent.WaitAsync();
    }

    /// <summary>Starts the agent, and waits until the agent's own process runs, after those that start it.</summary>
    public Task<RunningAgent> StartAgentAsync(AgentOptions? options = null) =>
        RunningAgent.StartAsync(this, options ?? new AgentOptions(), Path.Combine(_directory.Path, $"agent-{Interlocked.Increment(ref _agents)}"));

    /// <summary>Starts an agent without a terminal, and waits until the agent waits for the copy.</summary>
    public async Task<RunningAgent> StartHoldingAgentAsync(AgentOptions? options = null)
    {
        options ??= new AgentOptions();
        var environment = new Dictionary<string, string>(options.Environment) { ["OSO_SNAPSHOT_HOLD"] = "forever" };
        RunningAgent agent = await StartAgentAsync(options with { Environment = environment });
        await Eventually.HoldsAsync(async () => agent.HasEnded || await agent.IsHoldingAsync(), () => "no hold");
        Assert.False(agent.HasEnded, "The agent ended before it could hold.");
        return agent;
    }

    /// <summary>
    /// Sends a signal such as "KILL" or "TERM" to PID 1. When PID 1 ends, the kernel kills all processes of the pod.
    /// </summary>
    public async Task SignalAsync(string signal)
    {
        string pid = FirstProcessId.ToString(CultureInfo.InvariantCulture);
        (await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-s", signal, pid))).Succeeded();
    }

    public Task WaitForEndAsync() => _launcher.WaitForExitAsync().WaitAsync(Eventually.Deadline);

    public async ValueTask DisposeAsync()
    {
        // start-pod.sh kills the namespaces when its stdin ends.
        _launcher.StandardInput.Close();
        await WaitForEndAsync();
        _launcher.Dispose();
        await _directory.DeleteAsync();
    }

    private async Task WaitUntilUpAsync()
    {
        FirstProcessId = await Eventually.FindAsync(() => FailWhereEnded(FindFirstProcess()), () => "no first process");
        if (Options.FirstProcess == FirstProcess.SleeperAlone)
        {
            return;
        }

        await Eventually.HoldsAsync(async () => (await GetAsync("-/ready")).Status == 200, () => $"no ready Prometheus:\n{Log}");
        if (Options.ScrapesItself)
        {
            await Eventually.HoldsAsync(async () => (await QueryAsync(PodOptions.HeadSeries)).Length > 0, () => $"no sample in the head:\n{Log}");
        }
    }

    private async Task<string> ResultAsync(string path)
    {
        HttpAnswer answer = await GetAsync(path);
        Assert.True(answer.Status == 200, $"{path} was answered with {answer.Status}: {answer.Body}");
        return answer.Series;
    }

    // A shell of another name sets up the container first.
    private int? FindFirstProcess() =>
        ProcessTable.FindDescendant(_launcher.Id, pid => ProcessTable.IsFirstOfItsNamespace(pid) && ProcessTable.NameOf(pid) is "prometheus" or "sh" or "sleep");

    private int? FailWhereEnded(int? found) =>
        _launcher.HasExited ? throw new InvalidOperationException($"The pod ended with status {_launcher.ExitCode}:\n{Log}") : found;

    private async Task<HttpAnswer> RequestAsync(string method, string path)
    {
        FailWhereEnded(null);
        CommandResult curl = await HostCommand.RunAsync(HostCommand.AsRoot(
        [
            "nsenter", "--target", FirstProcessId.ToString(CultureInfo.InvariantCulture), "--net",
            "curl", "--silent", "--show-error", "--request", method, "--write-out", "\n%{http_code}", .. Options.CurlArguments,
            new Uri(Options.BaseUrl, path).AbsoluteUri,
        ]));
        int end = curl.Output.LastIndexOf('\n');
        return new HttpAnswer(int.Parse(curl.Output[(end + 1)..], CultureInfo.InvariantCulture), curl.Output[..end]);
    }
}
