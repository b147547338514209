using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using Serilog;
using Serilog.Extensions.Logging;

namespace OsoSnapshotAgent.Cli;

/// <summary>Registers all parts of a run.</summary>
internal static class AgentServices
{
    /// <summary>Adds the runs and their parts.</summary>
    public static IServiceCollection AddAgent(this IServiceCollection services, AgentSettings settings) => services
        .AddSingleton(settings)
        .AddSingleton(TimeProvider.System)
        .AddSingleton(new ProcFileSystem("/proc"))
        .AddSingleton(new TerminationMessage("/dev/termination-log"))
        .AddSingleton<Terminal>()
        .AddSingleton<TargetAccess>()
        .AddSingleton(provider => new TargetFinder(
            provider.GetRequiredService<ProcFileSystem>(),
            provider.GetRequiredService<TargetAccess>(),
            settings.DataDirectory,
            (prometheus, commandLine, root) => provider.GetRequiredService<StorageQuestion>().Ask(
                prometheus, commandLine, root, provider.GetRequiredService<EndSignals>().Token)))
        .AddSingleton<StorageQuestion>()
        .AddSingleton<PrometheusConnector>()
        .AddSingleton<PrometheusLocator>()
        .AddSingleton<ServerIdentity>()
        .AddSingleton<ArchiveWriter>()
        .AddSingleton<ArchiveMaker>()
        .AddSingleton<Progress>()
        .AddSingleton<RunState>()
        .AddSingleton<RunOpener>()
        .AddSingleton<Preflight>()
        .AddSingleton<StorageProof>()
        .AddSingleton<RoomCheck>()
        .AddSingleton<BlockSelection>()
        .AddSingleton<EarlierArtefacts>()
        .AddSingleton<OutOfOrderSamples>()
        .AddSingleton<SnapshotCapture>()
        .AddSingleton<SnapshotArchiving>()
        .AddSingleton<SnapshotStreaming>()
        .AddSingleton<ArchivePublication>()
        .AddSingleton<HoldForCopy>()
        .AddSingleton<TakeRun>()
        .AddSingleton<BlocksRun>()
        .AddSingleton<StreamRun>()
        .AddSingleton<RemoveRun>()
        .AddSingleton<BlockPlacement>()
        .AddSingleton<BlockIntake>()
        .AddSingleton<BlockLoading>()
        .AddSingleton<RestoreRun>()
        .AddSingleton<ArchiveReuse>()
        .AddSingleton<InspectionRun>()
        .AddSingleton<RunExecutor>()
        .AddSingleton<IStreamSink, StandardOutputSink>()
        .AddSingleton<ChangeSignal>()
        .AddSingleton<RunLog>()
        .AddSingleton<LiveRun>(Live)
        .AddSingleton<IAgent, SoleRun>()
        .AddSingleton(provider => new ControlServer(
            provider.GetRequiredService<IAgent>(),
            provider.GetRequiredService<TimeProvider>(),
            problem => provider.GetRequiredService<Transcript>().Warning(LogId.NoControlSocket, problem)));

    /// <summary>Adds the outputs for messages: the console, and the log on the volume.</summary>
    public static IServiceCollection AddTranscript(this IServiceCollection services) => services
        .AddSingleton(provider => new ConsoleOutput(Terminal.Write, provider.GetRequiredService<RunLog>()))
        .AddSingleton<TranscriptSinks>()
        .AddSingleton<Transcript>()
        .AddSingleton<ILoggerFactory>(provider => new SerilogLoggerFactory(
            new LoggerConfiguration().WriteTo.Sink(provider.GetRequiredService<TranscriptSinks>()).CreateLogger(),
            dispose: true));

    /// <summary>
    /// Adds the outputs for a run beside the container's main run. Standard output then belongs to the archive, and the
    /// termination message to the main run.
    /// </summary>
    public static IServiceCollection AddStreaming(this IServiceCollection services) => services
        .AddSingleton(_ => new ConsoleOutput(Terminal.WriteToError))
        .AddSingleton(new TerminationMessage("/dev/null"));

    /// <summary>
    /// Adds what differs for a run of a waiting agent: nobody types, and another process carries a stream.
    /// </summary>
    public static IServiceCollection AddWaiting(this IServiceCollection services, ChangeSignal changes) => services
        .AddSingleton(changes)
        .AddSingleton(new Terminal { IsInteractive = false })
        .AddSingleton<StreamHandoff>()
        .AddSingleton<ReceiveHandoff>()
        .AddSingleton<IStreamSink>(provider => provider.GetRequiredService<StreamHandoff>());

    private static LiveRun Live(IServiceProvider provider) => new(
        provider.GetRequiredService<RunState>(),
        provider.GetRequiredService<EndSignals>(),
        provider.GetRequiredService<RunLog>());
}
