using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Restore;

public sealed class BlockDeliveryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_eight_connections_without_a_block_the_delivery_is_given_up_with_their_reason()
    {
        int connections = 0;
        RecordedExec exec = new RecordedExec().Follows(Recorded.Held).On("receive", _ =>
        {
            connections++;
            return Recording.Cut([], "reset");
        });
        await using AgentRun run = AgentRun.Follow(new(Recorded.Access(exec), Recorded.Agent), Recorded.Run);
        await run.WaitAsync(_ => true, Token);
        CopyOptions options = new() { Hold = "12h", Streams = 1, Stall = TimeSpan.FromSeconds(60), Pause = TimeSpan.Zero };
        using NoBlocks source = new();
        BlockDelivery delivery = new(run, source, new() { Blocks = source.Blocks }, options);

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => delivery.RunAsync(Token));

        Assert.Equal("No byte came in 8 attempts: reset", told.Message);
        Assert.Contains("blocks that are back stay", told.Remedy, StringComparison.Ordinal);
        Assert.Equal(8, connections);
    }
}

/// <summary>A source whose blocks nobody asks for.</summary>
internal sealed class NoBlocks : IBlockSource
{
    public string Name => "nothing";

    public string? PrometheusVersion => null;

    public IReadOnlyList<OfferedBlock> Blocks => [];

    public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token) =>
        Assert.Fail("No plan came.");

    public void Dispose()
    {
        // Nothing is open.
    }
}
