using Microsoft.Extensions.DependencyInjection;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Composes the parts of one run, and executes it.</summary>
internal static class RunComposition
{
    /// <param name="wrong">Why the settings can't be used; the run then only tells this.</param>
    public static async Task<RunEnd> ExecuteAsync(IServiceProvider services, OperatorException? wrong = null)
    {
        AgentSettings settings = services.GetRequiredService<AgentSettings>();
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
        RunMode.Restore => services.GetRequiredService<RestoreRun>().RunAsync(undo, token),
        RunMode.Stream => services.GetRequiredService<StreamRun>().RunAsync(undo, token),
        _ => services.GetRequiredService<RemoveRun>().RunAsync(token),
    };
}
