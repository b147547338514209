using OsoSnapshotCore;

namespace OsoSnapshotClient;

/// <summary>Exit statuses of the client itself; those of the agent are passed on.</summary>
internal static class ClientStatus
{
    /// <summary>The cluster, kubectl or this machine failed.</summary>
    public const ExitStatus Failed = (ExitStatus)1;
}
