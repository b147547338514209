using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>A container whose image is pulled hours later would make a snapshot that no client waits for.</summary>
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
                $"The run was asked for until {limit}, and it is {UtcTime.Format(now)} (OSO_SNAPSHOT_START_BEFORE); nothing was touched.",
                "Start it again. If it was started just now, compare the clock of the pod's node with that of the"
                + " machine that started it.");
        }
    }
}
