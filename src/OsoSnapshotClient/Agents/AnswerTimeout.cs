using System.Diagnostics;
using OsoSnapshotClient.Display;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>The time since the agent last answered: its container may run while no exec reaches it.</summary>
internal sealed class AnswerTimeout(IPodReport report)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Max = TimeSpan.FromMinutes(5);
    private long _answeredAt = Stopwatch.GetTimestamp();
    private bool _isTold;

    /// <summary>The agent has answered.</summary>
    public void Reset() => (_answeredAt, _isTold) = (Stopwatch.GetTimestamp(), false);

    /// <summary>Warns once if the silence lasts.</summary>
    /// <param name="why">What came in place of the agent's answer.</param>
    /// <exception cref="OperatorException">The silence has lasted for five minutes.</exception>
    public void Check(string why)
    {
        TimeSpan silence = Stopwatch.GetElapsedTime(_answeredAt);
        if (silence > Max)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The agent has not answered for five minutes: {why}",
                "the container may still be running; run the same command again to continue");
        }

        if (silence > Long && !_isTold)
        {
            _isTold = true;
            report.Warn($"⚠️ The agent does not answer yet: {why}");
        }
    }
}
