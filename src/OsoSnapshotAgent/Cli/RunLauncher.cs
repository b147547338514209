using Microsoft.Extensions.DependencyInjection;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Begins the runs of a waiting agent, each with parts of its own.</summary>
internal sealed class RunLauncher : IRunLauncher
{
    // Whoever asks for a run copies what it holds, and may break off and come back.
    private static readonly TimeSpan DefaultHold = TimeSpan.FromHours(12);

    // The kind of the request says what these say for a debug container.
    private static readonly string[] Replaced = ["REMOVE", "OSO_SNAPSHOT_ARCHIVE", "OSO_SNAPSHOT_CLIENT"];

    public LiveRun Begin(StartRequest request, ChangeSignal changes)
    {
        Dictionary<string, string> variables = Discovery.Variables();
        foreach ((string name, string value) in request.Settings)
        {
            variables[name] = value;
        }

        AgentSettings settings = Discovery.Settings(
            variables.Where(variable => !Replaced.Contains(variable.Key)).ToDictionary(StringComparer.Ordinal));
        return Begin(request, settings with
        {
            Mode = Mode(request.Kind),
            Hold = settings.Hold ?? DefaultHold,
            Client = request.Run,
            IsReuse = request.IsReuse && request.Kind == RunKinds.Archive,
        }, changes);
    }

    private static LiveRun Begin(StartRequest request, AgentSettings settings, ChangeSignal changes)
    {
        ServiceProvider services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<EndSignals>()
            .AddTranscript()
            .AddAgent(settings)
            .AddWaiting(changes)
            .BuildServiceProvider();
        LiveRun run = services.GetRequiredService<LiveRun>() with
        {
            Stream = settings.Mode == RunMode.Stream ? services.GetRequiredService<StreamHandoff>() : null,
            Receive = settings.Mode == RunMode.Restore ? services.GetRequiredService<ReceiveHandoff>() : null,
            Settings = request.Settings,
        };
        run.State.Update(status => status with { Client = settings.Client });
        _ = Task.Run(() => RunAsync(services, run.State), CancellationToken.None);
        return run;
    }

    // The console is written out before the end is told: a follower then has every line.
    private static async Task RunAsync(ServiceProvider services, RunState state)
    {
        try
        {
            RunEnd end = await RunComposition.ExecuteAsync(services);
            await services.DisposeAsync();
            state.Finish(end);
        }
#pragma warning disable CA1031 // Nobody awaits this task, and without an end the agent would wait for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            state.Finish(new()
            {
                ExitStatus = (int)ExitStatus.Bug,
                Message = $"bug: {e.GetType().Name}: {e.Message}",
                At = TimeProvider.System.GetUtcNow(),
            });
        }
    }

    private static RunMode Mode(string kind) => kind switch
    {
        RunKinds.Blocks => RunMode.HoldBlocks,
        RunKinds.Stream => RunMode.Stream,
        RunKinds.Remove => RunMode.Remove,
        RunKinds.Restore => RunMode.Restore,
        _ => RunMode.Take,
    };
}
