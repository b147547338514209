using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>The agent as AgentServices composes it, with a manual clock, a recorded transcript, a fake /proc and no terminal.</summary>
internal sealed class Agent : IDisposable
{
    private readonly ServiceProvider _services;

    public Agent(TempDirectory directory, AgentSettings settings, FakeProc? proc = null, bool knowsTarget = true)
    {
        _services = new ServiceCollection()
            .AddAgent(settings)
            .AddSteps(settings)
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton(new ProcFileSystem(proc?.Root ?? directory.PathOf("proc")))
            .AddSingleton(new TerminationMessage(directory.PathOf("termination-log")))
            .AddSingleton(_ => new ConsoleOutput(_ => true))
            .AddSingleton<TranscriptSinks>()
            .AddSingleton<ILogger<Transcript>>(Transcript)
            .AddSingleton<Transcript>()
            .AddSingleton<EndSignals>()
            .BuildServiceProvider();
        if (knowsTarget)
        {
            Run.Target = Beside(directory.Root);
        }
    }

    public ManualTime Time { get; } = new();

    public Recorder Transcript { get; } = new();

    public SnapshotRun Run => Get<SnapshotRun>();

    public PrometheusClient Client => Get<PrometheusClient>();

    /// <summary>A target whose files are the agent's own.</summary>
    public static TargetContainer Beside(string dataDirectory, ProcessInfo? prometheus = null, string? process = null, params string[] flags) => new()
    {
        Prometheus = prometheus,
        CommandLine = PrometheusCommandLine.Parse(["prometheus", .. flags]),
        Root = process is null ? ContainerRoot.OpenOwn() : ContainerRoot.OpenOf(process),
        Data = new DataDirectory(DirectoryHandle.Open(dataDirectory)),
        IsDataProven = true,
    };

    public static PrometheusServer Server(Uri baseUrl) => new() { BaseUrl = baseUrl, Version = "2.42.0", Flags = new Dictionary<string, string>() };

    public T Get<T>()
        where T : notnull
        => _services.GetRequiredService<T>();

    public IStep Step<T>()
        where T : IStep
        => _services.GetServices<IStep>().OfType<T>().Single();

    public void Dispose() => _services.Dispose();
}
