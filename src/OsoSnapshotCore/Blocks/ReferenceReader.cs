using System.Buffers.Binary;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Blocks;

/// <summary>
/// Reads each chunk that an index names at its place, for a block whose chunks and references are not the same. Some
/// chunks may be named by no series.
/// </summary>
/// <param name="segments">The names of the segments in their order.</param>
/// <param name="open">Opens a file of the block by its path there.</param>
internal sealed class ReferenceReader(string[] segments, Func<string, FileStream> open) : IChunkReferences, IDisposable
{
    private const int IndexBufferBytes = 256 * 1024;
    private const int LengthBytes = 5;
    private const int CrcBytes = 4;

    private readonly byte[] _bytes = new byte[4096];
    private FileStream? _segment;
    private ulong _place;

    /// <exception cref="InvalidDataException">A series names a chunk that Prometheus can't read.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static void Run(string[] segments, Func<string, FileStream> open)
    {
        using ReferenceReader reader = new(segments, open);
        IndexCheck check = new(reader);
        byte[] buffer = new byte[IndexBufferBytes];
        using FileStream index = open(IndexCheck.FileName);
        int count;
        while ((count = index.Read(buffer)) > 0)
        {
            check.Append(buffer.AsSpan(0, count));
        }

        check.Finish();
    }

    public void Add(ulong reference, long minTime, long maxTime)
    {
        Enter(reference >> 32);
        long position = (uint)reference;
        ReadOnlySpan<byte> bytes = Read(position);
        int prefix = Varint.TryRead(bytes[..Math.Min(LengthBytes, bytes.Length)], out ulong length);
        if (bytes.Length < LengthBytes || prefix <= 0)
        {
            throw Missing(position);
        }

        long dataBytes = 1 + (long)length;
        ReadOnlySpan<byte> start = bytes[prefix..];
        start = start[..(int)Math.Min(start.Length, dataBytes)];
        long time = start.IsEmpty
            ? throw Missing(position)
            : ChunkHead.Read(start[..Math.Min(start.Length, ChunkHead.MaxBytes)]).FirstTime;
        Compare(position, position + prefix, dataBytes);
        if (time != ChunkTimes.Unknown && (time < minTime || time > maxTime))
        {
            throw new InvalidDataException(
                $"the chunk at byte {position} of {Name} starts outside its times in the index");
        }
    }

    public void Dispose() => _segment?.Dispose();

    private string Name => ChunkSegmentCheck.Directory + segments[_place];

    private void Enter(ulong place)
    {
        if (place >= (ulong)segments.Length)
        {
            throw new InvalidDataException($"a series names a chunk in segment {place + 1} of {segments.Length}");
        }

        if (_segment is null || place != _place)
        {
            _segment?.Dispose();
            _place = place;
            _segment = open(Name);
        }
    }

    private ReadOnlySpan<byte> Read(long position) =>
        _bytes.AsSpan(0, RandomAccess.Read(_segment!.SafeFileHandle, _bytes, position));

    private void Compare(long chunk, long position, long dataBytes)
    {
        Crc32C crc = Crc32C.Start();
        while (dataBytes > 0)
        {
            ReadOnlySpan<byte> bytes = Read(position);
            bytes = bytes[..(int)Math.Min(bytes.Length, dataBytes)];
            if (bytes.IsEmpty)
            {
                throw Missing(chunk);
            }

            crc.Append(bytes);
            position += bytes.Length;
            dataBytes -= bytes.Length;
        }

        ReadOnlySpan<byte> stored = Read(position);
        if (stored.Length < CrcBytes || BinaryPrimitives.ReadUInt32BigEndian(stored) != crc.Value)
        {
            throw Missing(chunk);
        }
    }

    private InvalidDataException Missing(long position) =>
        new($"a series names a chunk at byte {position} of {Name}, where none is");
}
