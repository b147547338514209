using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>
/// Tests runs in which one call on the data directory fails: the first of its kind, the last, or one between.
/// </summary>
public sealed class FailingDiskTests
{
    private const int PositionsOfEachCall = 6;

    private static readonly PodOptions SmallPod = new() { Blocks = new BlockSet(Count: 2, SizeBytes: 2 << 20) };

    [Theory]
    [InlineData("write", Fault.InputOutputError, 6)]
    [InlineData("write", Fault.NoSpace, 5)]
    [InlineData("sync", Fault.InputOutputError, 6)]
    [InlineData("rename", Fault.ReadOnlyFileSystem, 6)]
    // null: a run survives a failure that only affects an estimate, such as that of the archive's size.
    [InlineData("read", Fault.InputOutputError, null)]
    [InlineData("open", Fault.AccessDenied, null)]
    [InlineData("unlink", Fault.InputOutputError, null)]
    [InlineData("stat", Fault.InputOutputError, null)]
    [InlineData("list", Fault.InputOutputError, null)]
    [InlineData("access", Fault.AccessDenied, null)]
    [InlineData("statvfs", Fault.InputOutputError, null)]
    public async Task A_call_that_fails_ends_the_run_with_a_reason_and_leaves_nothing(string call, int errorNumber, int? status)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(SmallPod);
        using FaultyDisk disk = await FaultyDisk.CompileAsync();
        (await pod.RunAgentAsync()).EndedWith(0);
        int calls = FaultyDisk.Counts((await pod.RunAgentAsync(disk.Counting())).EndedWith(0).Error)[call];
        Assert.True(calls > 0, $"The run made no call of {call}: does the library still see .NET's calls?");

        foreach (int at in Positions(calls))
        {
            AgentResult result = await pod.RunAgentAsync(disk.Failing(new Fault(call, at, errorNumber)));
            string what = string.Create(CultureInfo.InvariantCulture, $"{call} {at} of {calls}, error {errorNumber}: exit status {result.ExitStatus}\n{result.Output}\n{result.Error}");

            // The number of reads differs by one or two between runs, because the file grows while it is read.
            bool struck = result.Error.Contains("fault: " + call, StringComparison.Ordinal);
            Assert.True(struck || at > 1, what);
            Assert.True(!struck ? result.ExitStatus == 0 : status is null ? result.ExitStatus is 0 or 3 or 4 or 6 : result.ExitStatus == status, what);
            await HoldAsync(pod, call, result, what);
            AgentResult next = (await pod.RunAgentAsync()).EndedWith(0);
            await HoldAsync(pod, string.Empty, next, what);
        }
    }

    private static async Task HoldAsync(PrometheusPod pod, string call, AgentResult result, string what)
    {
        try
        {
            await (call == "unlink" ? Invariants.HoldAsync(pod) : Invariants.HoldAndNothingIsLeftAsync(pod, result));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"After {what}", e);
        }
    }

    private static IEnumerable<int> Positions(int calls) =>
        Enumerable.Range(0, PositionsOfEachCall).Select(i => 1 + (int)((long)i * (calls - 1) / (PositionsOfEachCall - 1))).Distinct();
}
