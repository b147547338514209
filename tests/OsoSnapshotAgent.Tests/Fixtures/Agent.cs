using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// Composes the agent as AgentServices does, with a manual clock, a recorded transcript, a fake /proc and no terminal.
/// </summary>
internal sealed class Agent : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly AgentSettings _settings;
    private PrometheusClient? _client;

    public Agent(TempDirectory directory, AgentSettings settings, FakeProc? proc = null, TargetContainer? target = null)
    {
        _settings = settings;
        _services = new ServiceCollection()
            .AddAgent(settings)
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton(new ProcFileSystem(proc?.Root ?? directory.PathOf("proc")))
            .AddSingleton(new TerminationMessage(directory.PathOf("termination-log")))
            .AddSingleton(_ => new ConsoleOutput(_ => true))
            .AddSingleton<TranscriptSinks>()
            .AddSingleton<ILogger<Transcript>>(Transcript)
            .AddSingleton<Transcript>()
            .AddSingleton<EndSignals>()
            .AddSingleton<UndoStack>()
            .BuildServiceProvider();
        Target = target ?? Beside(directory.Root);
    }

    public ManualTime Time { get; } = new();

    public Recorder Transcript { get; } = new();

    /// <summary>The target. By default, its data directory is the test's.</summary>
    public TargetContainer Target { get; }

    public UndoStack Undo => Get<UndoStack>();

    public RunState State => Get<RunState>();

    public PrometheusClient Client => _client ??= Get<PrometheusConnector>().Connect(Target);

    /// <summary>Makes a target in the agent's own file system.</summary>
    public static TargetContainer Beside(
        string dataDirectory,
        ProcessInfo? prometheus = null,
        string? process = null,
        bool isProven = true,
        params string[] flags) => new()
    {
        Prometheus = prometheus,
        CommandLine = PrometheusCommandLine.Parse(["prometheus", .. flags]),
        Root = process is null ? ContainerRoot.OpenOwn() : ContainerRoot.OpenOf(process),
        Data = new DataDirectory(DirectoryHandle.Open(dataDirectory)),
        IsDataProven = isProven,
    };

    public static PrometheusServer Server(Uri baseUrl) =>
        new() { BaseUrl = baseUrl, Version = "2.42.0", Flags = new Dictionary<string, string>() };

    public T Get<T>()
        where T : notnull
        => _services.GetRequiredService<T>();

    public void Clean(EarlierArchiveFate fate = EarlierArchiveFate.IsDeletedFirst) =>
        Get<EarlierArtefacts>().DeleteWhereProven(Target, fate, TestContext.Current.CancellationToken);

    public Task<RunResult> RemoveAsync() => Get<RemoveRun>().RemoveAsync(Target, TestContext.Current.CancellationToken);

    public async Task<CapturedSnapshot> CaptureAsync(Uri server, RunLock? runLock = null, CancellationToken? token = null)
    {
        using RunLock taken = runLock ?? RunLock.Take(Target.Data, isShared: false);
        return await Get<SnapshotCapture>()
            .RunAsync(Client, Server(server), Target, taken, Undo, token ?? TestContext.Current.CancellationToken);
    }

    public async Task<WrittenArchive> ArchiveAsync(SnapshotName snapshot)
    {
        using RunLock runLock = RunLock.Take(Target.Data, isShared: false);
        return await Get<SnapshotArchiving>().RunAsync(
            Target,
            snapshot,
            GzipEngines.Choose(_settings.Level),
            runLock,
            Undo,
            TestContext.Current.CancellationToken);
    }

    public RunResult Publish(WrittenArchive archive, SnapshotName snapshot) =>
        Get<ArchivePublication>().Run(Target, Server(new Uri("http://127.0.0.1:9090/")), new(snapshot, null), archive, Undo);

    public async Task<RunResult> ArchiveAndPublishAsync(SnapshotName snapshot) => Publish(await ArchiveAsync(snapshot), snapshot);

    public async Task HoldAsync()
    {
        using RunLock runLock = RunLock.Take(Target.Data, isShared: false);
        await Get<HoldForCopy>().RunAsync(Target, HeldArtefact.Archive(Target), runLock, TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _client?.Dispose();
        _services.Dispose();
        Target.Dispose();
    }
}
