using System.Security.Cryptography;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Takes a block's archive, and sends it in parts to the addresses that the client gives. One part is in memory. Each
/// byte is read back and judged as the client judges what it receives.
/// </summary>
internal sealed class BlockUpload(
    BlockId id, UploadRequest request, UploadDialog client, PartSender sender) : WriteStream
{
    private const int CheckLagBytes = 1024 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly BlockReading _reading = new(id, request.Fingerprint);
    private readonly CheckPipe _check = new(CheckLagBytes);
    private readonly byte[] _part = new byte[request.PartBytes];
    private int _filled;
    private int _number;

    /// <exception cref="OperatorException">The block can't be read.</exception>
    public void Run(BlockArchive archive)
    {
        UploadEnd end;
        Timer beat = new(_ => client.Tell(Event()), state: null, Interval, Interval);
        try
        {
            end = Send(archive);
        }
        finally
        {
            // The end is the last line.
            beat.DisposeAsync().AsTask().Wait();
        }

        client.Tell(Event() with { End = end });
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _check.Write(buffer);
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, _part.Length - _filled);
            buffer[..count].CopyTo(_part.AsSpan(_filled));
            buffer = buffer[count..];
            _filled += count;
            if (_filled == _part.Length)
            {
                SendPart();
            }
        }
    }

    private UploadEnd Send(BlockArchive archive)
    {
        Task<BlockVerdict> judging = Task.Factory.StartNew(
            Judge, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        ArchiveFigures figures;
        try
        {
            figures = archive.WriteAll(this, CancellationToken.None);
            SendPart();
        }
        finally
        {
            _check.Complete();
            Task.WaitAny(judging);
        }

        BlockVerdict verdict = judging.GetAwaiter().GetResult();
        return verdict.Sha256.Text == figures.Sha256
            ? new()
            {
                Bytes = figures.ArchiveBytes,
                Sha256 = figures.Sha256,
                Damage = verdict.Damage,
                Problems = verdict.Problems,
            }
            : throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"The archive of block {id} had another SHA-256 when it was read back.",
                "Run again. If this happens twice, the machine changes bytes: check its memory.");
    }

    // An end of the check, also by a failure, must never leave the writer waiting.
    private BlockVerdict Judge()
    {
        using Stream packed = _check.Read();
        return _reading.Run(packed, CancellationToken.None);
    }

    private void SendPart()
    {
        if (_filled == 0)
        {
            return;
        }

        ReadOnlyMemory<byte> part = _part.AsMemory(0, _filled);
        byte[] sha256 = SHA256.HashData(part.Span);
        _number++;
        client.Tell(Event() with { Part = new(_number, _filled, Convert.ToHexStringLower(sha256)) });
        _filled = 0;

        // After a failure, the client gives another address, or ends this process.
        string? problem = string.Empty;
        while (problem is not null && client.Await() is { } url)
        {
            problem = sender.Send(url, part, sha256);
            client.Tell(Event() with { Sent = new(_number, problem) });
        }
    }

    private UploadEvent Event() => new() { ContentBytes = _reading.ContentBytes };
}
