using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Tests an agent of root while a process of Prometheus' user swaps directories for links.</summary>
public sealed class RaceTests
{
    private const int MinAttacks = 200;

    // Many runs end before the attacker has seen their snapshot.
    private const int MaxRuns = 1500;

    // Alternates a run on the volume, which REMOVE makes a removal, with the verb under test. Their bytes are searched
    // after any exit status, and none may hang.
    private const string RunOften = """
        count=$1 enough=$2 secret=$3 archive=$4 data=$5 before=$6; shift 6
        for ((i = 0; i < count; i++)); do
          eval "$before"
          [[ ! -e $enough ]] || break
          status=0
          if ((i % 2)); then
            timeout -s KILL 60 "$1" >/dev/null 2>&1 || status=$?
            cat "$data/snapshots.tgz" >"$archive" 2>/dev/null
          else
            timeout -s KILL 60 "$@" >"$archive" 2>/dev/null || status=$?
          fi
          if gzip -dc "$archive" 2>/dev/null | grep -q "$secret"; then echo "leaked with status $status"; fi
          echo "status $status"
        done
        """;

    private static readonly PodOptions Pod = new()
    {
        User = "65534:65534",
        Blocks = new BlockSet(Count: 1, SizeBytes: 1 << 17),
    };

    [Fact]
    public async Task Nothing_from_outside_the_volume_is_ever_archived()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Pod);
        await using Swapper attacker = await Swapper.StartAsync(pod, "wait");

        // Otherwise an agent that follows links would soon have deleted what it could archive.
        AgentOptions options = new()
        {
            Environment = Given.Variables(("OSO_SNAPSHOT_SKIP_HEAD", "yes")),
            Arguments = ["export", "--stream"],
            Redirection = attacker.ReadOnlyOutside,
        };
        string[] lines = await RunOftenAsync(pod, attacker, options, before: ":");

        int leaks = lines.Count(line => line.StartsWith("leaked", StringComparison.Ordinal));
        Assert.True(leaks == 0, $"{leaks} streams held the secret after {attacker.Attacks} attacks: {Counts(lines)}");

        // A link in place of the snapshot looks like a snapshot made elsewhere. In place of the block it looks like a
        // snapshot without a block, and in place of the block's directory like a damaged block.
        AssertEachEnded(lines, attacker, [0, 6, 7, 9, 10]);
    }

    [Fact]
    public async Task Nothing_outside_the_volume_is_ever_deleted()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Pod);
        await using Swapper attacker = await Swapper.StartAsync(pod, "plant");
        string outside = await attacker.ReadOutsideAsync();

        AgentOptions options = new() { Environment = Given.Variables(("REMOVE", "yes")) };
        string snapshot = $"{pod.DataDirectory}/snapshots/20250820T165101Z-0eb533ff8d43ed64";
        string wait = $"until [[ -e {snapshot} || -e $enough ]]; do sleep 0.001; done";
        string[] lines = await RunOftenAsync(pod, attacker, options, before: wait);

        string left = await attacker.ReadOutsideAsync();
        string message = $"After {attacker.Attacks} attacks ({Counts(lines)}) the files outside are\n{left}\ninstead of\n{outside}";
        Assert.True(outside == left, message);
        AssertEachEnded(lines, attacker, [0, 6]);
    }

    private static async Task<string[]> RunOftenAsync(
        PrometheusPod pod,
        Swapper attacker,
        AgentOptions options,
        string before)
    {
        string maxRuns = MaxRuns.ToString(CultureInfo.InvariantCulture);
        string[] arguments = [maxRuns, attacker.Enough, Swapper.Secret, attacker.Archive, pod.DataDirectory, before];
        await using RunningAgent agent = await pod.StartAgentAsync(options with
        {
            User = "0:0",
            Capabilities = "+sys_ptrace,+dac_override,+dac_read_search,+fowner",
            Wrapper = ["/bin/bash", "-c", RunOften, "run-often", .. arguments],
        });
        Task<AgentResult> runs = agent.WaitAsync(TimeSpan.FromMinutes(10));
        await attacker.AttackAsync(MinAttacks, runs);
        return (await runs).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void AssertEachEnded(string[] lines, Swapper attacker, int[] allowed)
    {
        Assert.InRange(attacker.Attacks, MinAttacks, int.MaxValue);
        IEnumerable<string> expected = allowed.Select(status => $"status {status}");
        Assert.True(!lines.Except(expected).Any(), Counts(lines));
    }

    private static string Counts(string[] lines) =>
        string.Join(", ", lines.CountBy(line => line).Select(line => $"{line.Value} × {line.Key}"));
}
