using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>What holds after every run, however it ended.</summary>
internal static class Invariants
{
    // What ends a run after that is no reason to throw a verified archive away.
    private const string NotDurable = " is complete and verified, but may not survive a power cut";
    private static readonly string[] KeptArchive = [" is complete and verified, but its checksum can't be written", " created, read back and verified."];

    /// <summary>Under the final name there is nothing, or an archive that gzip and its checksum accept; and Prometheus answers.</summary>
    public static async Task HoldAsync(PrometheusPod pod)
    {
        if (File.Exists(pod.Archive))
        {
            await Judge.GzipAcceptsAsync(pod.Archive);
        }

        // It is deleted before an archive takes another's place and written after, so it may be missing but never wrong.
        if (File.Exists(pod.Archive + ".sha256"))
        {
            await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        }

        Assert.Equal(200, (await pod.GetAsync("-/healthy")).Status);
    }

    /// <summary>And no partial file is left, nor a snapshot of the run that failed; what a run that succeeded has made is whole.</summary>
    public static async Task HoldAndNothingIsLeftAsync(PrometheusPod pod, AgentResult result)
    {
        await HoldAsync(pod);
        Assert.False(File.Exists(pod.Archive + ".part"), "A partial archive was left.");
        if (result.ExitStatus == 0)
        {
            Assert.True(File.Exists(pod.Archive) && File.Exists(pod.Archive + ".sha256"), "The archive or its checksum is missing.");
            Assert.Single(Snapshots(pod));
        }
        else if (result.Output.Contains(NotDurable, StringComparison.Ordinal))
        {
            // It has taken the earlier one's place: deleting it would leave none.
            Assert.True(File.Exists(pod.Archive), "The archive was deleted after its rename.");
        }
        else if (!KeptArchive.Any(line => result.Output.Contains(line, StringComparison.Ordinal)))
        {
            Assert.DoesNotContain(Snapshots(pod), name => result.Output.Contains($"Snapshot {Path.GetFileName(name)} captured", StringComparison.Ordinal));
        }
    }

    public static string[] Snapshots(PrometheusPod pod) =>
        Directory.Exists(Path.Combine(pod.DataDirectory, "snapshots")) ? Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")) : [];
}
