using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>Begins runs that do nothing, until the test ends them.</summary>
internal sealed class FakeLauncher(TimeProvider time) : IRunLauncher, IDisposable
{
    private readonly List<LiveRun> _runs = [];

    public List<StartRequest> Begun { get; } = [];

    /// <summary>Thrown in place of a run.</summary>
    public OperatorException? Failure { get; set; }

    public LiveRun Begin(StartRequest request, ChangeSignal changes)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        Begun.Add(request);
        LiveRun run = new(new RunState(time, changes), new EndSignals(), new RunLog(changes));
        run.State.Update(status => status with { Client = request.Run });
        _runs.Add(run);
        return run;
    }

    public void End(ExitStatus status) =>
        _runs[^1].State.Finish(new() { ExitStatus = (int)status, Message = "ended", At = time.GetUtcNow() });

    public void Dispose() => _runs.ForEach(run => run.Signals.Dispose());
}
