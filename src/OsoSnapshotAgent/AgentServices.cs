using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Commands;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;
using OsoSnapshotAgent.Target;
using Serilog;

namespace OsoSnapshotAgent;

/// <summary>Everything that a run is made of; the steps stand in the order in which they run.</summary>
internal static class AgentServices
{
    public static IServiceCollection AddSteps(this IServiceCollection services, AgentSettings settings) => settings.Remove
        ? services
            .AddSingleton<IStep, FindTarget>()
            .AddSingleton<IStep, RemoveSnapshot>()
            .AddSingleton<IStep, Finish>()
        : settings.ToStandardOutput ? services
            .AddSingleton<IStep, FindTarget>()
            .AddSingleton<IStep, Preflight>()
            .AddSingleton<IStep, CaptureSnapshot>()
            .AddSingleton<IStep, StreamSnapshot>()
            .AddSingleton<IStep, Finish>()
        : services
            .AddSingleton<IStep, FindTarget>()
            .AddSingleton<IStep, Preflight>()
            .AddSingleton<IStep, CleanOldArchives>()
            .AddSingleton<IStep, CaptureSnapshot>()
            .AddSingleton<IStep, ArchiveSnapshot>()
            .AddSingleton<IStep, VerifyArchive>()
            .AddSingleton<IStep, HoldForCopy>()
            .AddSingleton<IStep, Finish>();

    public static IServiceCollection AddAgent(this IServiceCollection services, AgentSettings settings)
    {
        services.AddHttpClient<PrometheusClient>(http =>
            {
                http.Timeout = Timeout.InfiniteTimeSpan;
                http.DefaultRequestHeaders.UserAgent.ParseAdd($"oso-snapshot/{ProductVersion.Text}");
                http.DefaultRequestHeaders.Accept.ParseAdd("*/*");
            })
            .AddHttpMessageHandler<ResilienceHandler>()
            .AddHttpMessageHandler<CredentialsHandler>()
            .ConfigurePrimaryHttpMessageHandler(provider => HttpHandlers.Create(settings, provider.GetRequiredService<SnapshotRun>(), provider.GetRequiredService<ConnectionTrace>()))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();

        return services
            .AddSingleton(settings)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new ProcFileSystem("/proc"))
            .AddSingleton(new TerminationMessage("/dev/termination-log"))
            .AddSingleton<Terminal>()
            .AddSingleton<SnapshotRun>()
            .AddSingleton<TargetAccess>()
            .AddSingleton(provider => new TargetFinder(
                provider.GetRequiredService<ProcFileSystem>(), provider.GetRequiredService<TargetAccess>(), settings.DataDirectory))
            .AddSingleton<ConnectionTrace>()
            .AddTransient<ResilienceHandler>()
            .AddTransient<CredentialsHandler>()
            .AddSingleton<PrometheusLocator>()
            .AddSingleton<ArchiveWriter>()
            .AddSingleton<ArchiveMaker>()
            .AddSingleton<BlockSelection>()
            .AddSingleton<SnapshotLeftovers>()
            .AddSingleton<EarlierRuns>()
            .AddSingleton<StorageProof>()
            .AddSingleton<OutOfOrderSamples>()
            .AddSingleton<Progress>()
            .AddSingleton<DirectoryListing>()
            .AddSingleton<CopyInstructions>()
            .AddSingleton<StepRunner>()
            .AddSingleton<ControlServer>();
    }

    /// <summary>Beside the container's own run: standard output is the archive's, and the termination message the other's.</summary>
    public static IServiceCollection AddStreaming(this IServiceCollection services) => services
        .AddSingleton(_ => new ConsoleOutput(Terminal.WriteToError))
        .AddSingleton(new TerminationMessage("/dev/null"));

    public static IServiceCollection AddTranscript(this IServiceCollection services) => services
        .AddSingleton<ConsoleOutput>()
        .AddSingleton<TranscriptSinks>()
        .AddSingleton<Transcript>()
        .AddSingleton<ILoggerFactory>(provider => new Serilog.Extensions.Logging.SerilogLoggerFactory(
            new LoggerConfiguration().WriteTo.Sink(provider.GetRequiredService<TranscriptSinks>()).CreateLogger(), dispose: true));
}
