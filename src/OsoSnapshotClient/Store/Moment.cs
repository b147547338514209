using OsoSnapshotCore;

namespace OsoSnapshotClient.Store;

/// <summary>Which snapshot of a backup is meant.</summary>
/// <inheritdoc cref="SnapshotChoice" path="/param"/>
internal sealed record Moment(string? Pod, string? At)
{
    /// <exception cref="OperatorException">One is named, and the source holds only one snapshot.</exception>
    public void RequireNone(BackupPlace source)
    {
        if ((Pod ?? At) is not null)
        {
            throw new OperatorException(
                ExitStatus.Settings, $"--pod and --at need a backup directory, not {source}.", "leave them out");
        }
    }
}
