using System.Text.Json;
using OsoSnapshotClient.Agents;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Asks an agent for the blocks of the snapshot that it holds.</summary>
internal static class HeldBlocks
{
    private const int MaxAttempts = 5;

    /// <returns>The blocks by time; each name occurs once.</returns>
    /// <exception cref="OperatorException">The agent doesn't answer, or its answer is no list of blocks.</exception>
    public static async Task<IReadOnlyList<(BlockName Name, SnapshotBlock Block)>> AskAsync(
        AgentRun run, CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            RemoteAnswer answer = await run.Agent.AskAsync(["blocks", "--json"], token);

            // The kubelet may lose the end of an output and still report success.
            if (answer.ExitCode == 0 && answer.Output.TrimEnd().EndsWith(']'))
            {
                return Parse(answer.Output);
            }

            await run.ThrowIfEndedAsync(token);
            if (attempt == MaxAttempts)
            {
                throw new OperatorException(
                    ClientStatus.Failed,
                    $"The agent lists no blocks: {Printable.Text(answer.ErrorText)}",
                    $"see {run.Agent.Access.LogCommand(run.Agent.Container)}; the image may be older than this client");
            }

            await Task.Delay(TimeSpan.FromSeconds(attempt), token);
        }
    }

    /// <exception cref="OperatorException">The text is no list of blocks.</exception>
    internal static IReadOnlyList<(BlockName Name, SnapshotBlock Block)> Parse(string json)
    {
        SnapshotBlock[] blocks;
        try
        {
            blocks = JsonSerializer.Deserialize(json, ControlJson.Default.SnapshotBlockArray) ?? [];
        }
        catch (JsonException e)
        {
            throw Wrong(e.Message);
        }

        if (blocks.Length is 0 or > BlockAudit.MaxBlocks)
        {
            throw Wrong($"it names {blocks.Length} blocks");
        }

        List<(BlockName Name, SnapshotBlock Block)> named = [];
        foreach (SnapshotBlock? block in blocks)
        {
            bool isSound = block is { Bytes: >= 0, Series: >= 0, Samples: >= 0 }
                && block.Kind is SnapshotBlock.Head or SnapshotBlock.Block;
            if (!isSound || !BlockName.TryParse(block!.Ulid, block.Fingerprint, out BlockName name))
            {
                throw Wrong($"entry {named.Count + 1} is not a valid block ('{block?.Ulid}', '{block?.Fingerprint}')");
            }

            named.Add((name, block));
        }

        return named.DistinctBy(one => one.Name.Ulid).Count() == named.Count
            ? [.. named.OrderBy(one => one.Block.From).ThenBy(one => one.Name.FileName, StringComparer.Ordinal)]
            : throw Wrong("it names a block twice");
    }

    private static OperatorException Wrong(string how) => BackupDamage.Damaged(
        $"The agent's list of blocks can't be used: {Printable.Text(how.Length > 300 ? how[..300] : how)}.",
        "use the client of the image's version; nothing was written");
}
