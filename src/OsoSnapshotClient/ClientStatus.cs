using OsoSnapshot.Formats;

namespace OsoSnapshotClient;

/// <summary>Exit statuses of the client's own; those of the agent are handed on.</summary>
internal static class ClientStatus
{
    /// <summary>The cluster, kubectl or this machine failed.</summary>
    public const ExitStatus Failed = (ExitStatus)1;
}
