using OsoSnapshotAgent.Output;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Volume;

/// <summary>
/// Deletes what a failed request has left, since Prometheus creates the snapshot's directory before it fills it. If one
/// directory appeared since the request, the request made it. If several appeared, they are reported and stay.
/// </summary>
internal sealed class SnapshotLeftovers(Transcript transcript, TimeProvider time)
{
    // A run must end within a second of its signal.
    private static readonly TimeSpan MaxWithdrawal = TimeSpan.FromSeconds(0.6);
    private static readonly TimeSpan MinAbsence = TimeSpan.FromSeconds(0.2);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // Prometheus writes the head's block in pieces of megabytes. A piece takes far less time than this.
    private static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SettlingTimeout = TimeSpan.FromSeconds(60);

    /// <param name="earlier">The snapshots that existed before the request.</param>
    /// <param name="mayBeGrowing">True if Prometheus may still be writing. The method then waits until nothing changes
    /// any more.</param>
    /// <param name="isAlone">True if no other run of this program is at work on the data directory.</param>
    public async Task TidyAsync(
        DataDirectory data,
        IReadOnlySet<string> earlier,
        bool mayBeGrowing,
        bool isAlone,
        CancellationToken token)
    {
        if (mayBeGrowing && !await SettlesAsync(data, earlier, token))
        {
            transcript.Warning(
                LogId.SnapshotStillWritten,
                $"Prometheus is still writing {Names(New(data, earlier))}. The next run, or REMOVE=yes, will delete it.");
            return;
        }

        SnapshotName[] left = New(data, earlier);
        if (left.Length > 1 || (left.Length == 1 && !isAlone))
        {
            transcript.Warning(
                LogId.SnapshotsNotToldApart,
                $"Found {Names(left)}, all new since the request. The agent can't tell which one the request made. The next run,"
                + " or REMOVE=yes, will delete them all.");
        }
        else if (left.Length == 1)
        {
            Delete(data, left[0]);
        }
        else if (mayBeGrowing)
        {
            transcript.Line(
                $"* the request has left nothing under {DataDirectory.SnapshotsName}/ so far; if Prometheus still makes a"
                + " snapshot, the next run, or REMOVE=yes, will delete it");
        }
    }

    /// <summary>
    /// Deletes the snapshot that Prometheus is still making, because this run ends now. Prometheus may create the
    /// directory again for further blocks, which this deletes too, as long as a signal leaves time.
    /// </summary>
    /// <returns>false if something may be left, or may still appear.</returns>
    public async Task<bool> WithdrawAsync(DataDirectory data, IReadOnlySet<string> earlier, bool isAlone)
    {
        long startedAt = time.GetTimestamp();
        long? deletedAt = null;
        while (isAlone && time.GetElapsedTime(startedAt) < MaxWithdrawal)
        {
            SnapshotName[] left = New(data, earlier);
            if (left.Length > 1)
            {
                return false;
            }

            if (left.Length == 1)
            {
                deletedAt = TryDelete(data, left[0]) is null ? time.GetTimestamp() : null;
            }
            else if (deletedAt is { } then && time.GetElapsedTime(then) > MinAbsence)
            {
                transcript.Line("* deleted the snapshot that Prometheus was still making");
                return true;
            }

            await Task.Delay(MinAbsence / 10, time, CancellationToken.None);
        }

        return false;
    }

    private static SnapshotName[] New(DataDirectory data, IReadOnlySet<string> earlier)
    {
        List<SnapshotName> names = [];
        foreach (string text in data.SnapshotNames().Except(earlier).Order(StringComparer.Ordinal))
        {
            if (SnapshotName.TryParse(text, out SnapshotName? name))
            {
                names.Add(name);
            }
        }

        return [.. names];
    }

    private static string Names(IEnumerable<SnapshotName> names) =>
        string.Join(", ", names.Select(name => $"{DataDirectory.SnapshotsName}/{name}"));

    private async Task<bool> SettlesAsync(DataDirectory data, IReadOnlySet<string> earlier, CancellationToken token)
    {
        SnapshotName[] left = New(data, earlier);
        if (left.Length == 0)
        {
            return true;
        }

        transcript.Line($"* found {Names(left)}; waiting until nothing is written there any more");
        long startedAt = time.GetTimestamp();
        long unchangedSince = startedAt;
        string seen = string.Empty;
        while (time.GetElapsedTime(unchangedSince) < SettledAfter)
        {
            if (time.GetElapsedTime(startedAt) > SettlingTimeout)
            {
                return false;
            }

            string now = State(data, earlier);
            unchangedSince = now == seen ? unchangedSince : time.GetTimestamp();
            seen = now;
            await Task.Delay(PollInterval, time, token);
        }

        return true;
    }

    private static string State(DataDirectory data, IReadOnlySet<string> earlier) =>
        string.Join('\n', New(data, earlier)
        .SelectMany(name => data.FilesBelow(DataDirectory.SnapshotPath(name)))
        .Select(
            item =>
                $"{item.Path} {item.Status?.SizeBytes} {item.Status?.ModifiedAt.Ticks} {item.Status?.ModifiedNanoseconds}"));

    private void Delete(DataDirectory data, SnapshotName name)
    {
        if (TryDelete(data, name) is { } reason)
        {
            transcript.Warning(
                LogId.NotDeleted,
                $"{Names([name])} could not be deleted ({reason}). The next run, or REMOVE=yes, will try again.");
        }
        else
        {
            transcript.Line($"* deleted what the failed request left: {Names([name])}");
        }
    }

    /// <returns>The reason why it could not be deleted; null if it was deleted.</returns>
    private static string? TryDelete(DataDirectory data, SnapshotName name)
    {
        try
        {
            new Artefacts(data).DeleteSnapshot(name);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperatorException)
        {
            return e.Message;
        }
    }
}
