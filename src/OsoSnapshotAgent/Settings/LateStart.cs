using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>
/// Refuses a run that starts so late (an image was pulled for hours) that its client no longer waits for it.
/// </summary>
internal static class LateStart
{
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>.</exception>
    public static void Refuse(AgentSettings settings, DateTimeOffset now)
    {
        if (now > settings.StartBefore)
        {
            string limit = UtcTime.Format(settings.StartBefore.Value);
            throw new OperatorException(
                ExitStatus.Settings,
                $"The run was asked for until {limit}, and it is {UtcTime.Format(now)} (OSO_SNAPSHOT_START_BEFORE). Nothing was touched.",
                "Start it again. If you started it just now, compare the clock of the pod's node with the clock of the"
                + " machine that started it.");
        }
    }
}
