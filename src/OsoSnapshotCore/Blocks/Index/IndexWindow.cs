namespace OsoSnapshotCore.Blocks.Index;

/// <summary>The part of an index that is being read. A section skips what it has judged.</summary>
/// <param name="start">The position of the first byte in the file.</param>
internal sealed class IndexWindow(int start)
{
    private const int FirstBytes = 64 * 1024;

    private byte[] _bytes = new byte[FirstBytes];
    private int _start;
    private int _end;

    /// <summary>The position of the first byte of <see cref="Rest"/> in the file.</summary>
    public long Position { get; private set; } = start;

    /// <summary>True if no bytes will follow.</summary>
    public bool IsLast { get; set; }

    public ReadOnlySpan<byte> Rest => _bytes.AsSpan(_start, _end - _start);

    /// <returns>The number of bytes that were taken.</returns>
    public int Fill(ReadOnlySpan<byte> bytes)
    {
        if (_start > 0)
        {
            Rest.CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }
        else if (_end == _bytes.Length)
        {
            // A section asks for more than fits only with a limit of its own.
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        }

        int count = Math.Min(bytes.Length, _bytes.Length - _end);
        bytes[..count].CopyTo(_bytes.AsSpan(_end));
        _end += count;
        return count;
    }

    public void Skip(int count)
    {
        _start += count;
        Position += count;
    }
}
