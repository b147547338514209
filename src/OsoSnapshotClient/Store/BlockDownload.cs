using System.Globalization;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Copies one block at a time. A broken copy resumes, and is checked while its bytes arrive. The archive gets its final
/// name only when it is right.
/// </summary>
/// <param name="engine">The engine that makes the agent's bytes; null if the agent has not reported it.</param>
internal sealed class BlockDownload(
    AgentRun run, IBackupStore store, string? engine, CopyOptions options) : IBlockWay
{
    private const int MaxAttempts = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    // The agent compresses everything before the offset again: at some 500 MB/s, slower beside a busy Prometheus.
    private const double SlowBytesPerSecond = 20e6;
    private readonly IPodReport _report = run.Agent.Access.Report;
    private readonly ExportPump _pump = new(run, options);
    private string? _engine = engine;
    private BlockReading? _reading;

    public int Cuts => _pump.Cuts;

    public long ContentBytes => Volatile.Read(ref _reading)?.ContentBytes ?? 0;

    public void Forget() => Volatile.Write(ref _reading, null);

    public async Task<(StoredBlock Block, bool IsCopied)> RunAsync(
        BlockName name, long contentBytes, CancellationToken token)
    {
        using IBlockPart? part = await OpenAsync(name, contentBytes, token);
        if (part is null)
        {
            return (StoredBlocks.Existing(store, name, _report.Say, token), false);
        }

        if (!part.Begin(_engine))
        {
            _report.Say($"Another engine made the first part of block {name}: copying it from its start");
        }
        else if (part.DoneBytes > 0)
        {
            _report.Say($"Resuming block {name} after {ByteSize.Format(part.DoneBytes)}");
        }

        BlockVerdict verdict = await CopyAsync(name, part, token);
        long length = part.DoneBytes;
        if (!part.Publish())
        {
            // Archives of the same block in two pods differ in the times of its files.
            return (StoredBlocks.Existing(store, name, _report.Say, token), false);
        }

        StoredBlocks.WriteChecksum(store, name, verdict.Sha256);
        return (
            new(name, length, verdict.Sha256) { Problems = verdict.Problems is [] ? null : verdict.Problems },
            true);
    }

    // Another client may be copying this block. It renames the part before it closes it, so a part that can be opened
    // while no archive exists is free.
    private async Task<IBlockPart?> OpenAsync(BlockName name, long contentBytes, CancellationToken token)
    {
        bool isTold = false;
        while (true)
        {
            IBlockPart? part = store.TryOpenPart(name, contentBytes);
            if (store.Find(name.Path) is not null)
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
                _report.Say($"Waiting for another client that copies block {name}");
                isTold = true;
            }

            await Task.Delay(Interval, token);
        }
    }

    private async Task<BlockVerdict> CopyAsync(BlockName name, IBlockPart part, CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            (ExportEnd end, BlockVerdict verdict) = await FetchAsync(name, part, token);
            if (end.Sha256 == verdict.Sha256 && end.Bytes == part.DoneBytes)
            {
                return verdict.Damage is null ? verdict : throw BackupDamage.Damaged(
                    $"Block {name} arrived as the agent sent it, but is not that block:"
                    + $" {Printable.Text(verdict.Damage)}.",
                    $"see {run.Agent.Access.LogCommand(run.Agent.Container)}");
            }

            part.Restart();
            _engine = end.Engine ?? _engine;
            part.Begin(_engine);
            if (attempt == MaxAttempts)
            {
                throw BackupDamage.Damaged(
                    $"The copy of block {name} differs from what the agent sent (SHA-256 {end.Sha256?.Text ?? "unknown"}),"
                    + $" {MaxAttempts} times.",
                    $"find what changes bytes between here and the pod; the container waits {options.Hold} at most");
            }

            _report.Warn($"⚠️ The copy of block {name} differs from what the agent sent: copying it again");
        }
    }

    private async Task<(ExportEnd End, BlockVerdict Verdict)> FetchAsync(
        BlockName name, IBlockPart part, CancellationToken token)
    {
        BlockReading reading = new(name.Ulid, name.Fingerprint);
        Volatile.Write(ref _reading, reading);
        ExportEnd end = new(0, null, string.Empty);
        BlockVerdict verdict = await CheckedCopy.RunAsync(
            part,
            packed => reading.Run(packed, CancellationToken.None),
            async () => end = await ReceiveAsync(name, part, token));
        return (end, verdict);
    }

    // Fetches until as many bytes are here as the agent says, or until the bytes can't be of one archive.
    private async Task<ExportEnd> ReceiveAsync(BlockName name, IBlockPart part, CancellationToken token)
    {
        string? expected = _engine;
        ExportEnd end = await _pump.RunAsync(
            offset => Request(name, offset),
            part,
            long.MaxValue,
            end => end.IsUnreadable || end.IsBeyondEnd || IsOther(end.Engine) || end.Bytes <= part.DoneBytes,
            token);
        return end.IsUnreadable
            ? throw BackupDamage.Damaged(
                $"The agent can't export block {name}: {Printable.Text(end.ErrorText)}",
                "see the message; the blocks that were copied stay in the directory")
            : end;

        bool IsOther(string? engine) => engine is not null && (expected ??= engine) != engine;
    }

    private static ExportRequest Request(BlockName name, long offset) => new(
        ["--offset", offset.ToString(CultureInfo.InvariantCulture), "--block", name.Ulid.Text],
        TimeSpan.FromSeconds(offset / SlowBytesPerSecond));
}
