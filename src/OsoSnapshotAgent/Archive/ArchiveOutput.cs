using System.Security.Cryptography;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.Archive;

/// <summary>
/// The archive's bytes on their way to the file: counted, summed, held to the rate limit, and stopped before they touch
/// the reserve, since a full volume can cost Prometheus its write-ahead log (prometheus#13027).
/// </summary>
internal sealed class ArchiveOutput(Stream file, DataDirectory data, AgentSettings settings, TimeProvider time, CancellationToken token) : Stream
{
    // Prometheus writes too, so the room is looked at again and again, the more often the less there is.
    private const long MostBytesBetweenLooks = 16 * 1024 * 1024;

    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long _startedAt = time.GetTimestamp();
    private long _writableUntil;

    public long BytesWritten { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => BytesWritten;

    public override long Position
    {
        get => BytesWritten;
        set => throw new NotSupportedException();
    }

    /// <summary>SHA-256 of all bytes so far, in lower-case hexadecimal; to be called once.</summary>
    public string Sha256() => Convert.ToHexStringLower(_sha256.GetHashAndReset());

    /// <exception cref="AgentException">With <see cref="ExitStatus.NoRoom"/>.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (BytesWritten + buffer.Length > _writableUntil)
        {
            CheckRoom(buffer.Length);
        }

        try
        {
            file.Write(buffer);
        }
        catch (IOException e) when (OutOfRoom.Is(e))
        {
            throw OutOfRoom.WhileArchiving(data, settings.Reserve, BytesWritten, e);
        }

        _sha256.AppendData(buffer);
        BytesWritten += buffer.Length;
        KeepToRateLimit();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _sha256.Dispose();
        base.Dispose(disposing);
    }

    private void CheckRoom(int bytes)
    {
        long room = data.RoomBytes(settings.Reserve);
        if (room < bytes)
        {
            throw OutOfRoom.WhileArchiving(data, settings.Reserve, BytesWritten, inner: null);
        }

        _writableUntil = BytesWritten + Math.Max(bytes, Math.Min(room / 2, MostBytesBetweenLooks));
    }

    private void KeepToRateLimit()
    {
        if (settings.RateLimitBytesPerSecond is { } limit)
        {
            TimeSpan ahead = TimeSpan.FromSeconds((double)BytesWritten / limit) - time.GetElapsedTime(_startedAt);
            if (ahead > TimeSpan.FromMilliseconds(1))
            {
                token.WaitHandle.WaitOne(ahead);
            }
        }
    }
}
