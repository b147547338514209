using System.Net.Sockets;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>Receives the blocks that the server lacks, through connections that break.</summary>
internal sealed class BlockIntake(
    ReceiveHandoff handoff,
    BlockPlacement placement,
    RunState state,
    AgentSettings settings,
    Transcript transcript,
    TimeProvider time)
{
    private readonly HashSet<string> _back = new(StringComparer.Ordinal);

    /// <returns>What was planned first, and the names of the blocks that are back.</returns>
    /// <exception cref="OperatorException">A block can't be restored. Those that are back stay.</exception>
    public async Task<TakenIn> RunAsync(TargetContainer target, LiveServer server, CancellationToken token)
    {
        state.Enter(Phase.ReceiveBlocks);
        while (true)
        {
            Socket socket = await handoff.NextAsync(token);
            using CancellationTokenRegistration closes = token.Register(socket.Dispose);
            using ClientConnection client = new(socket);
            try
            {
                return await ReceiveAsync(client, target, server, token);
            }
            catch (ConnectionBrokenException e)
            {
                token.ThrowIfCancellationRequested();
                transcript.Line($"* the client's connection broke ({e.Message}); waiting for it to come again");
            }
        }
    }

    private async Task<TakenIn> ReceiveAsync(
        ClientConnection client, TargetContainer target, LiveServer server, CancellationToken token)
    {
        RestoreRequest request = RestoreRequest.TryParse(client.ReadLine(RestoreRequest.MaxBytes))
            ?? throw Wrong("The client's list of blocks can't be read.");
        IReadOnlyList<PlannedBlock> plan =
            new RestorePlan(await ConditionsAsync(target.Data, server, token), request).Make();
        client.Send(new() { Plan = plan });
        if (request.IsDryRun)
        {
            return new(IsDryRun: true, plan, _back);
        }

        foreach (string name in RestoreScratch.DeleteLeftOver(target.Data, token))
        {
            transcript.Line($"* deleted what an interrupted restore had left: {name}");
        }

        await TakeInAsync(client, request, plan, new(target, server, client), token);
        return new(IsDryRun: false, plan, _back);
    }

    private async Task TakeInAsync(
        ClientConnection client,
        RestoreRequest request,
        IReadOnlyList<PlannedBlock> plan,
        IntakeContext context,
        CancellationToken token)
    {
        HashSet<string> wanted = [.. plan.Where(planned => planned.IsToSend).Select(planned => planned.Ulid)];
        Dictionary<string, OfferedBlock> missing = request.Blocks.Where(block => wanted.Contains(block.Ulid))
            .ToDictionary(block => block.Ulid, StringComparer.Ordinal);
        using StoreConnection store = new(TrustedAuthorities.OfClient(request.Authorities));
        while (missing.Count > 0)
        {
            string line = client.ReadLine(RestoreRequest.MaxBytes);
            if (SentBlock.TryParse(line) is not { } next || !missing.Remove(next.Id.Text, out OfferedBlock? block)
                || (next.Stored is not null && block.Sha256 is null))
            {
                throw Wrong("The client sends a block that was not asked for.");
            }

            await PlaceAsync(next, block, context with { Packed = new FrameReader(client) }, () => Fetch(next), token);
            _back.Add(next.Id.Text);
            client.Send(new() { Back = next.Id.Text });
        }

        BlockFetch Fetch(AnnouncedBlock next) => new(next.Id, next.Stored!, store, client, transcript, token);
    }

    private async Task PlaceAsync(
        AnnouncedBlock next,
        OfferedBlock block,
        IntakeContext frames,
        Func<BlockFetch> fetch,
        CancellationToken token)
    {
        if (next.Stored is not null)
        {
            try
            {
                using BlockFetch packed = fetch();
                await placement.RunAsync(next.Id, block, frames with { Packed = packed }, token);
                return;
            }
            catch (FramesFollowException)
            {
                // Nothing of the block is there.
            }
        }

        await placement.RunAsync(next.Id, block, frames, token);
    }

    private async Task<RestoreConditions> ConditionsAsync(
        DataDirectory data, LiveServer server, CancellationToken token)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new()
        {
            Version = server.Version,
            Now = now,
            HeadStart = await server.HeadStartAsync(now, token),
            Retention = await server.RetentionAsync(token),
            HeadBytes = ByteSize.Sum(data.HeadFiles.Select(item => item.Status!.SizeBytes)),
            IsCompactionOff = server.IsCompactionOff,
            RoomBytes = new VolumeRoom(data, settings.Reserve).RoomBytes,
            VolumeBytes = data.Directory.Space().TotalBytes,
            Blocks = LiveBlock.In(data),
            Fingerprint = block => BlockDescription.Of(data.Directory, block.Id).Fingerprint,
        };
    }

    private static OperatorException Wrong(string problem) =>
        new(ExitStatus.Settings, problem, "Use a client of the same version.");
}

/// <summary>What a restore has taken in.</summary>
/// <param name="Plan">What the last client was told.</param>
/// <param name="Back">The names of the blocks that got their names in this run.</param>
internal sealed record TakenIn(bool IsDryRun, IReadOnlyList<PlannedBlock> Plan, IReadOnlySet<string> Back)
{
    /// <summary>The names of the blocks that the server must have now.</summary>
    public IEnumerable<string> Present =>
        Plan.Where(block => block.IsToSend || block.Fate == BlockFates.There).Select(block => block.Ulid);
}
