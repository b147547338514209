using System.Security.Cryptography;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// Writes the archive's bytes to the file, sums them up and keeps the rate limit. It stops before the file reaches the
/// reserve: a full volume can cost Prometheus its write-ahead log (prometheus#13027).
/// </summary>
/// <param name="volume">The file's volume; null for standard output.</param>
internal sealed class ArchiveOutput(
    Stream file,
    WrittenBytes written,
    VolumeRoom? volume,
    long? rateLimitBytesPerSecond,
    TimeProvider time,
    CancellationToken token) : WriteStream
{
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long _startedAt = time.GetTimestamp();
    private Crc32C _crc = OsoSnapshotCore.Streams.Crc32C.Start();

    public long BytesWritten { get; private set; }

    public uint Crc32C => _crc.Value;

    /// <summary>SHA-256 of all bytes so far, in lower-case hexadecimal. Call it once.</summary>
    public string Sha256() => Convert.ToHexStringLower(_sha256.GetHashAndReset());

    /// <exception cref="OperatorException">With <see cref="ExitStatus.NoRoom"/>.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // Other processes write to the volume too, so each slice of half a megabyte is preceded by a check.
        if (volume?.RoomBytes < buffer.Length)
        {
            throw OutOfRoom.WhileArchiving(volume, BytesWritten, inner: null);
        }

        try
        {
            file.Write(buffer);
        }
        catch (IOException e) when (volume is not null && OutOfRoom.Is(e))
        {
            throw OutOfRoom.WhileArchiving(volume, BytesWritten, e);
        }

        BytesWritten += buffer.Length;
        written.Advance(buffer.Length);
        _sha256.AppendData(buffer);
        _crc.Append(buffer);
        KeepToRateLimit();
    }

    protected override void Dispose(bool disposing)
    {
        _sha256.Dispose();
        base.Dispose(disposing);
    }

    private void KeepToRateLimit()
    {
        if (rateLimitBytesPerSecond is { } limit)
        {
            TimeSpan ahead = TimeSpan.FromSeconds((double)BytesWritten / limit) - time.GetElapsedTime(_startedAt);
            if (ahead > TimeSpan.FromMilliseconds(1))
            {
                token.WaitHandle.WaitOne(ahead);
            }
        }
    }
}
