using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

/// <summary>
/// Copies one block at a time. A broken copy resumes, and is checked while its bytes arrive. The archive gets its final
/// name only when it is right.
/// </summary>
/// <param name="engine">The engine that makes the agent's bytes; null if the agent has not reported it.</param>
internal sealed class BlockDownload(
    AgentContainer agent, BackupDirectory directory, string? engine, string hold, CopyOptions options)
{
    private const int MaxAttempts = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);
    private readonly RetryBackoff _pauses = new(agent, hold, options.Pause);
    private readonly BlockExport _export = new(agent, options.Stall);
    private string? _engine = engine;
    private BlockReading? _reading;

    /// <summary>How often a connection broke.</summary>
    public int Cuts { get; private set; }

    /// <summary>Bytes of the current block's files that were read so far; may be read from any thread.</summary>
    public long ContentBytes => Volatile.Read(ref _reading)?.ContentBytes ?? 0;

    /// <summary>Resets <see cref="ContentBytes"/>, because the caller now counts the block as complete.</summary>
    public void Forget() => Volatile.Write(ref _reading, null);

    /// <returns>The block in the directory, and whether this run copied it, not another client.</returns>
    /// <exception cref="OperatorException">The block can't be copied, or is not what the agent announced.</exception>
    public async Task<(StoredBlock Block, bool IsCopied)> RunAsync(BlockName name, CancellationToken token)
    {
        using BlockPart? part = await OpenAsync(name, token);
        if (part is null)
        {
            StoredBlock? stored = StoredBlocks.Find(directory, name, known: null, agent.Access.Report.Say, token);
            return (stored!, false);
        }

        if (!part.Begin(_engine))
        {
            agent.Access.Report.Say($"Another engine made the first part of block {name}: copying it from its start");
        }
        else if (part.Length > 0)
        {
            agent.Access.Report.Say($"Resuming block {name} after {ByteSize.Format(part.Length)}");
        }

        BlockVerdict verdict = await CopyAsync(name, part, token);
        long length = part.Length;
        part.Publish();
        StoredBlocks.WriteChecksum(directory, name, verdict.Sha256);
        return (
            new(name, length, verdict.Sha256) { Problems = verdict.Problems is [] ? null : verdict.Problems },
            true);
    }

    // Another client may be copying this block. It renames the part before it closes it, so a part that can be opened
    // while no archive exists is free.
    private async Task<BlockPart?> OpenAsync(BlockName name, CancellationToken token)
    {
        bool isTold = false;
        while (true)
        {
            BlockPart? part = BlockPart.TryOpen(directory.Blocks, name);
            if (directory.Blocks.Find(name.FileName) is not null)
            {
                part?.Dispose();
                return null;
            }

            if (part is not null)
            {
                return part;
            }

            if (!isTold)
            {
                agent.Access.Report.Say($"Waiting for another client that copies block {name}");
                isTold = true;
            }

            await Task.Delay(Interval, token);
        }
    }

    private async Task<BlockVerdict> CopyAsync(BlockName name, BlockPart part, CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            (ExportEnd end, BlockVerdict verdict) = await FetchAsync(name, part, token);
            if (end.Sha256 == verdict.Sha256 && end.Bytes == part.Length)
            {
                return verdict.Damage is null ? verdict : throw BackupDirectory.Damaged(
                    $"Block {name} arrived as the agent sent it, but is not that block:"
                    + $" {Printable.Text(verdict.Damage)}.",
                    $"see kubectl logs {agent.Access.Pod} -c {agent.Name}{agent.Access.Flags.Text}");
            }

            part.Restart();
            _engine = end.Engine ?? _engine;
            part.Begin(_engine);
            if (attempt == MaxAttempts)
            {
                throw BackupDirectory.Damaged(
                    $"The copy of block {name} differs from what the agent sent (SHA-256 {end.Sha256?.Text ?? "unknown"}),"
                    + $" {MaxAttempts} times.",
                    $"find what changes bytes between here and the pod; the container waits {hold} at most");
            }

            agent.Access.Report.Warn($"⚠️ The copy of block {name} differs from what the agent sent: copying it again");
        }
    }

    private async Task<(ExportEnd End, BlockVerdict Verdict)> FetchAsync(
        BlockName name, BlockPart part, CancellationToken token)
    {
        BlockReading reading = new(name);
        Volatile.Write(ref _reading, reading);
        Stream packed = part.Follow();
        Task<BlockVerdict> verdict = Task.Factory.StartNew(
            () => reading.Run(packed, CancellationToken.None),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        ExportEnd end;
        try
        {
            end = await ReceiveAsync(name, part, token);
        }
        finally
        {
            // The reading must not outlive the file that it reads.
            part.Complete();
            await verdict;
        }

        return (end, await verdict);
    }

    // Fetches until as many bytes are here as the agent says, or until the bytes can't be of one archive.
    private async Task<ExportEnd> ReceiveAsync(BlockName name, BlockPart part, CancellationToken token)
    {
        string? expected = _engine;
        int fruitless = 0;
        while (true)
        {
            ExportEnd end = await _export.RunAsync(
                name.Ulid, part.Length, bytes => part.Write(bytes.Span), token);
            if (end.IsUnreadable)
            {
                throw BackupDirectory.Damaged(
                    $"The agent can't export block {name}: {Printable.Text(end.ErrorText)}",
                    "see the message; the blocks that were copied stay in the directory");
            }

            bool isOther = end.Engine is { } told && (expected ??= told) != told;
            if (isOther || end.IsBeyondEnd || end.Bytes <= part.Length)
            {
                return end;
            }

            Cuts++;
            fruitless = end.Came > 0 ? 0 : fruitless + 1;
            if (fruitless > 0)
            {
                await _pauses.WaitAsync(fruitless, end.ErrorText, part.Length, token);
            }
        }
    }
}
