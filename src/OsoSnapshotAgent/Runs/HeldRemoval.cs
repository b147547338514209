using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Runs;

/// <summary>Deletes what a run holds, as <c>oso-snapshot release --remove</c> asks for it, and ends the hold.</summary>
internal sealed class HeldRemoval
{
    private readonly HoldState _hold;
    private readonly DataDirectory _data;
    private readonly Artefacts _artefacts;

    private HeldRemoval(HoldState hold, DataDirectory data) =>
        (_hold, _data, _artefacts) = (hold, data, new Artefacts(data));

    /// <summary>The number of files and directories deleted so far. Any thread may read it.</summary>
    public long DeletedEntries => _artefacts.DeletedEntries;

    /// <returns>null if there is no hold, or a removal is at work. Otherwise call <see cref="Run"/>: the hold can't end
    /// before.</returns>
    public static HeldRemoval? TryBegin(HoldState hold) =>
        hold.TryBeginRemoval() is { } data ? new(hold, data) : null;

    /// <param name="ends">Called after the deletion, before the hold ends.</param>
    /// <returns>The names of what was deleted.</returns>
    /// <exception cref="OperatorException">Another run is at work, or not everything could be deleted. The hold
    /// continues.</exception>
    public IReadOnlyList<string> Run(CancellationToken token, Action? ends = null)
    {
        try
        {
            using FileLock taken = _data.Directory.TryLock(isShared: false) ?? throw new OperatorException(
                ExitStatus.Busy,
                $"Another run is at work on {_data.PathSeenByAgent}.",
                "Wait until that run has ended.");
            IReadOnlyList<string> removed = _artefacts.DeleteHeld(_hold.HasArchive, token);
            ends?.Invoke();
            _hold.Release(isRemoved: true);
            return removed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"Not everything could be removed: {e.Message}",
                "See whether the volume is read-only or failing, and ask again.",
                e);
        }
        finally
        {
            _hold.EndRemoval();
        }
    }
}
