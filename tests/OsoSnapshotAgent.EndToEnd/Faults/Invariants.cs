using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>What holds after every run, however it ended.</summary>
internal static class Invariants
{
    /// <summary>Under the final name there is nothing, or an archive that gzip and its checksum accept; and Prometheus answers.</summary>
    public static async Task HoldAsync(PrometheusPod pod)
    {
        // The checksum is written before the archive has its name, so an archive without one is none of ours.
        if (File.Exists(pod.Archive))
        {
            await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
            await Judge.GzipAcceptsAsync(pod.Archive);
        }

        Assert.Equal(200, (await pod.GetAsync("-/healthy")).Status);
    }

    /// <summary>And no half-made file is left, nor a snapshot that no archive belongs to.</summary>
    public static async Task HoldAndNothingIsLeftAsync(PrometheusPod pod)
    {
        await HoldAsync(pod);
        Assert.False(File.Exists(pod.Archive + ".part"), "A partial archive was left.");
        Assert.Equal(File.Exists(pod.Archive) ? 1 : 0, Snapshots(pod).Length);
    }

    public static string[] Snapshots(PrometheusPod pod) =>
        Directory.Exists(Path.Combine(pod.DataDirectory, "snapshots")) ? Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")) : [];
}
