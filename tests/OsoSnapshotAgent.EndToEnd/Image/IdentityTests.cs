using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Tests the container's identity and its few rights.</summary>
public sealed class IdentityTests
{
    [Theory]
    [InlineData("1000:65534")]
    [InlineData("65534:2000")]
    [InlineData("1000:2000")]
    public async Task Another_user_another_group_and_both_are_refused_with_the_remedy(string user)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();

        AgentContainer agent = await target.StartAgentAsync(new AgentContainerOptions { User = user });

        string log = await agent.EndsWithAsync(3);
        Assert.Contains("Cannot enter /proc/1/root", log, StringComparison.Ordinal);
        Assert.Contains($"The agent is {user} without SYS_PTRACE, Prometheus (PID 1) is 65534:65534.", log, StringComparison.Ordinal);
        Assert.Contains("--custom=FILE where FILE holds {\"securityContext\":{\"runAsUser\":65534,\"runAsGroup\":65534}}", log, StringComparison.Ordinal);
        Assert.StartsWith($"Cannot enter /proc/1/root", await agent.TerminationMessageAsync(), StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task No_capability_no_new_privileges_and_the_default_seccomp_profile_are_in_force_at_work()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_HOLD", "30m"));
        await agent.WaitForLogAsync("Holding at most");

        CommandResult status = await agent.ExecAsync(
            "sh", "-c", "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" != oso-snapshot ] || grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' $p/status; done");

        // 2 means a filter: proc(5).
        Assert.Equal(
            ["Uid:\t65534\t65534\t65534\t65534", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"],
            status.Succeeded().Lines);
    }

    [Fact]
    public async Task The_verbs_need_no_writable_file()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_HOLD", "30m"));
        await agent.WaitForLogAsync("Holding at most");

        CommandResult attempt = await agent.ExecAsync("sh", "-c", "(: >/file); (: >/tmp/file)");
        Assert.Equal(
            "sh: 1: cannot create /file: Read-only file system\nsh: 1: cannot create /tmp/file: Read-only file system\n",
            attempt.Error);

        Assert.Contains("Phase       hold-for-copy\n", (await agent.ExecAsync("oso-snapshot", "status")).Succeeded().Output, StringComparison.Ordinal);
        Assert.StartsWith("{\"phase\":\"hold-for-copy\"", (await agent.ExecAsync("oso-snapshot", "status", "--json")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal("✅ The hold ends.\n", (await agent.ExecAsync("oso-snapshot", "release")).Succeeded().Output);
        await agent.EndsWithAsync(0);
    }
}
