using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests when a run keeps, replaces or deletes the archive of an earlier run.</summary>
public sealed class EarlierArchiveTests
{
    // The volume has room for these blocks and two archives, and for little more.
    private static readonly PodOptions SmallVolume = new() { VolumeBytes = 64 << 20, Blocks = new BlockSet(Count: 2, SizeBytes: 20 << 20) };

    [Fact]
    public async Task An_earlier_archive_stays_until_the_new_one_is_verified_if_both_have_room()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallVolume);
        (await RunAsync(pod, "1MiB")).EndedWith(0);

        AgentResult second = (await RunAsync(pod, "1MiB")).EndedWith(0);

        Assert.Contains(") found. The archive stays until a new one is verified and replaces it.", second.Output, StringComparison.Ordinal);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        await Judge.GzipAcceptsAsync(pod.Archive);
    }

    [Fact]
    public async Task An_earlier_archive_is_deleted_with_a_notice_if_there_is_no_room_for_both()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallVolume);
        (await RunAsync(pod, "1MiB")).EndedWith(0);

        AgentResult second = (await RunAsync(pod, "26MiB")).EndedWith(0);

        int notice = second.Output.IndexOf("There is no room for two archives: the existing snapshots.tgz is deleted before the new one is made.", StringComparison.Ordinal);
        Assert.InRange(notice, 0, second.Output.IndexOf(") found and deleted.", StringComparison.Ordinal));
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task An_earlier_archive_survives_a_run_that_has_no_room_at_all()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallVolume);
        (await RunAsync(pod, "1MiB")).EndedWith(0);

        (await RunAsync(pod, "40MiB")).EndedWith(5);

        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task While_an_archive_is_held_a_second_run_ends_with_status_8_and_REMOVE_is_allowed()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        using Pty terminal = new();
        await using RunningAgent first = await pod.StartAgentAsync(new AgentOptions { Terminal = terminal });
        await terminal.WaitForAsync("then press Enter here");

        AgentResult second = (await pod.RunAgentAsync()).EndedWith(8);
        Assert.Contains("Another run holds ", second.Output, StringComparison.Ordinal);
        Assert.Contains("oso-snapshot release", second.Output, StringComparison.Ordinal);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");

        (await pod.RunAgentAsync(Given.Variables(("REMOVE", "yes")))).EndedWith(0);
        await terminal.WaitForAsync("was removed meanwhile: the hold ends");
    }

    private static Task<AgentResult> RunAsync(PrometheusPod pod, string reserve) =>
        pod.RunAgentAsync(Given.Variables(("OSO_SNAPSHOT_SKIP_HEAD", "yes"), ("OSO_SNAPSHOT_RESERVE", reserve)));
}
