using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>Checks what must hold after every run, even after a killed one.</summary>
internal static class Invariants
{
    // The archive is verified when the run prints one of these, so a later failure must not delete it.
    private const string NotDurable = " is complete and verified, but may not survive a power cut";
    private static readonly string[] KeptArchive = [" is complete and verified, but its checksum can't be written", " created, read back and verified."];

    /// <summary>
    /// Checks that the final name belongs to a sound archive or to no file, and that Prometheus answers.
    /// </summary>
    public static async Task HoldAsync(PrometheusPod pod)
    {
        if (File.Exists(pod.Archive))
        {
            await Judge.GzipAcceptsAsync(pod.Archive);
        }

        // The checksum is deleted before a new archive replaces the old one, and written after: it may be missing,
        // never wrong.
        if (File.Exists(pod.Archive + ".sha256"))
        {
            await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        }

        Assert.Equal(200, (await pod.GetAsync("-/healthy")).Status);
    }

    /// <summary>
    /// Checks also that a failed run left no partial file and no snapshot, and that a successful one left both of its
    /// files.
    /// </summary>
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
            // The new archive has replaced the earlier one, so deleting it would leave none.
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
