using Microsoft.Extensions.DependencyInjection;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Runs what the environment asks for, or the stream of <c>export --stream</c>.</summary>
internal static class RunCommand
{
    public static Task<ExitStatus> TakeOrRemoveAsync() => RunAsync(
        new AgentSettings(),
        () => Discovery.Settings(Discovery.Variables()));

    // The client asked for a stream, so the mode of the environment does not count.
    public static Task<ExitStatus> StreamAsync() => RunAsync(
        new AgentSettings { Mode = RunMode.Stream },
        () => Discovery.Settings(Discovery.Variables()) with { Mode = RunMode.Stream });

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
        ServiceCollection parts = new();
        parts.AddLogging().AddSingleton(signals).AddTranscript().AddAgent(settings);
        if (settings.Mode == RunMode.Stream)
        {
            parts.AddStreaming();
        }

        await using ServiceProvider services = parts.BuildServiceProvider();
        RunState state = services.GetRequiredService<RunState>();
        state.Update(status => status with { Client = settings.Client });
        if (settings.Mode != RunMode.Stream)
        {
            services.GetRequiredService<ControlServer>().Start();
        }

        RunEnd end = await RunComposition.ExecuteAsync(services, wrong);
        state.Finish(end);
        return (ExitStatus)end.ExitStatus;
    }
}
