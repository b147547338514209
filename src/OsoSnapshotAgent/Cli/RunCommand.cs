using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Cli;

/// <summary>Runs what the environment asks for, or the stream of <c>export --stream</c>.</summary>
internal static class RunCommand
{
    public static Task<ExitStatus> TakeOrRemoveAsync() => RunAsync(new AgentSettings(), () =>
    {
        AgentSettings settings = Discovery.Settings();
        LateStart.Refuse(settings, TimeProvider.System.GetUtcNow());
        return settings;
    });

    // The client asked for a stream, so the mode of the environment does not count.
    public static Task<ExitStatus> StreamAsync() => RunAsync(
        new AgentSettings { Mode = RunMode.Stream },
        () => Discovery.Settings() with { Mode = RunMode.Stream });

    /// <param name="settings">The settings for reporting that the real settings are wrong.</param>
    private static async Task<ExitStatus> RunAsync(AgentSettings settings, Func<AgentSettings> read)
    {
        OperatorException? wrong = null;
        try
        {
            settings = read();
        }
        catch (OperatorException e)
        {
            wrong = e;
        }

        Priority.Lower();
        using EndSignals signals = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(signals).AddTranscript().AddAgent(settings);
        if (settings.Mode == RunMode.Stream)
        {
            builder.Services.AddStreaming();
        }

        using IHost host = builder.Build();
        IServiceProvider services = host.Services;
        services.GetRequiredService<RunState>().Update(status => status with { Client = settings.Client });
        if (settings.Mode != RunMode.Stream)
        {
            services.GetRequiredService<ControlServer>().Start();
        }

        return await services.GetRequiredService<RunExecutor>().RunAsync((undo, token) => wrong is null
            ? RunAsync(settings.Mode, services, undo, token)
            : throw wrong);
    }

    private static Task<RunResult> RunAsync(
        RunMode mode,
        IServiceProvider services,
        UndoStack undo,
        CancellationToken token) => mode switch
    {
        RunMode.Take => services.GetRequiredService<TakeRun>().RunAsync(undo, token),
        RunMode.HoldBlocks => services.GetRequiredService<BlocksRun>().RunAsync(undo, token),
        RunMode.Stream => services.GetRequiredService<StreamRun>().RunAsync(undo, token),
        _ => services.GetRequiredService<RemoveRun>().RunAsync(token),
    };
}
