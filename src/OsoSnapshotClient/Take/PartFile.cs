using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Take;

/// <summary>A partial copy, which later runs continue.</summary>
/// <param name="file">The open file; this object closes it.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="remedy">What to do if it can't be written, though the disk is not full.</param>
internal sealed class PartFile(SafeFileHandle file, string path, string remedy) : ICopyTarget
{
    private WrittenBytes _written = new();

    public long DoneBytes { get; private set; } = RandomAccess.GetLength(file);

    public SafeFileHandle Handle => file;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        LocalDisk.Write(file, path, DoneBytes, bytes, remedy);
        DoneBytes += bytes.Length;
        _written.Advance(bytes.Length);
    }

    public Stream Follow()
    {
        _written = new();
        _written.Advance(DoneBytes);
        return new GrowingFile(file, _written);
    }

    public void Complete() => _written.Complete();

    /// <summary>Drops all bytes.</summary>
    public void Restart()
    {
        RandomAccess.SetLength(file, 0);
        DoneBytes = 0;
    }

    public void Dispose()
    {
        Complete();
        file.Dispose();
    }
}
