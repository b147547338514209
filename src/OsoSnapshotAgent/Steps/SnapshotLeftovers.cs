using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Reporting;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Steps;

/// <summary>
/// What a failed request has left: Prometheus creates the snapshot's directory before it fills it. The one directory that has come since
/// the request is ours; of several nobody can tell, so they are named and stay.
/// </summary>
internal sealed class SnapshotLeftovers(Transcript transcript, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Prometheus writes a head's block in pieces of megabytes, which take far less than this.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="earlier">The names that lay there before the request.</param>
    /// <param name="mayBeGrowing">Prometheus has not said that it is done: it is waited for until nothing changes any more.</param>
    public async Task TidyAsync(DataDirectory data, IReadOnlySet<string> earlier, bool mayBeGrowing, CancellationToken token)
    {
        if (mayBeGrowing && !await SettlesAsync(data, earlier, token))
        {
            transcript.Warning($"Prometheus is still writing {Names(New(data, earlier))}: the next run deletes it, or REMOVE=yes.");
            return;
        }

        SnapshotName[] left = New(data, earlier);
        if (left.Length > 1)
        {
            transcript.Warning($"Found {Names(left)}, all new since the request: which of them it has left can't be told, so they stay until the next run, or REMOVE=yes.");
        }
        else if (left.Length == 1)
        {
            Delete(data, left[0]);
        }
        else if (mayBeGrowing)
        {
            transcript.Line($"* the request has left nothing under {DataDirectory.SnapshotsName}/ so far; if Prometheus still makes a snapshot, the next run deletes it, or REMOVE=yes");
        }
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

    private static string Names(IEnumerable<SnapshotName> names) => string.Join(", ", names.Select(name => $"{DataDirectory.SnapshotsName}/{name}"));

    private async Task<bool> SettlesAsync(DataDirectory data, IReadOnlySet<string> earlier, CancellationToken token)
    {
        SnapshotName[] left = New(data, earlier);
        if (left.Length == 0)
        {
            return true;
        }

        transcript.Line($"* found {Names(left)}; waiting until nothing is written there any more");
        long startedAt = time.GetTimestamp();
        long quietSince = startedAt;
        string seen = string.Empty;
        while (time.GetElapsedTime(quietSince) < Quiet)
        {
            if (time.GetElapsedTime(startedAt) > Patience)
            {
                return false;
            }

            string now = State(data, earlier);
            quietSince = now == seen ? quietSince : time.GetTimestamp();
            seen = now;
            await Task.Delay(Look, time, token);
        }

        return true;
    }

    private static string State(DataDirectory data, IReadOnlySet<string> earlier) => string.Join('\n', New(data, earlier)
        .SelectMany(name => DataDirectory.FilesBelow(data.SnapshotPath(name)))
        .Select(path => $"{path} {FileStatus.Find(path)?.SizeBytes} {File.GetLastWriteTimeUtc(path).Ticks}"));

    private void Delete(DataDirectory data, SnapshotName name)
    {
        try
        {
            data.DeleteSnapshot(name);
            transcript.Line($"* deleted what the failed request left: {Names([name])}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            transcript.Warning($"{Names([name])} could not be deleted ({e.Message}); the next run does, or REMOVE=yes.");
        }
    }
}
