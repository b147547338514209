using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Copy;

/// <summary>The partial copy, which later runs continue.</summary>
internal sealed class PartFile : ICopyTarget
{
    private const string Remedy = "choose another -o";
    private readonly object _lock = new();
    private readonly object _noteLock = new();
    private readonly CopyOutput _output;
    private readonly SafeFileHandle _file;
    private readonly ByteRanges _done;
    private readonly WrittenBytes _written = new();

    private PartFile(CopyOutput output, SafeFileHandle file, ByteRanges done)
    {
        (_output, _file, _done) = (output, file, done);
        _written.Advance(done.Prefix);
    }

    public bool TakesRanges => true;

    public long DoneBytes
    {
        get
        {
            lock (_lock)
            {
                return _done.Total;
            }
        }
    }

    /// <exception cref="OperatorException">The file can't be written.</exception>
    public static PartFile Open(CopyOutput output)
    {
        try
        {
            SafeFileHandle file = output.OpenPart();
            ByteRanges? done = output.Note.Ranges is { } ranges ? ByteRanges.Parse(ranges) : null;
            if (done is null)
            {
                done = new();
                done.Add(new(0, RandomAccess.GetLength(file)));
            }

            return new(output, file, done);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(output.Part, e, Remedy);
        }
    }

    public Stream Follow() => new GrowingFile(_file, _written);

    /// <summary>Notes which bytes have arrived, because the file's length no longer shows that.</summary>
    public void BeginRanges() => Save(begins: true);

    public void Complete() => _written.Complete();

    public IReadOnlyList<ByteRange> Missing(long size, long maxBytes)
    {
        lock (_lock)
        {
            return [.. _done.Missing(size, maxBytes)];
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        LocalDisk.Write(_file, _output.Part, offset, bytes, Remedy);

        lock (_lock)
        {
            long before = _done.Prefix;
            _done.Add(new(offset, offset + bytes.Length));
            _written.Advance(_done.Prefix - before);
        }
    }

    public void Save() => Save(begins: false);

    public void Dispose()
    {
        Complete();
        _file.Dispose();
    }

    private void Save(bool begins)
    {
        // The copy and its report both save.
        lock (_noteLock)
        {
            if (!begins && _output.Note.Ranges is null)
            {
                return;
            }

            lock (_lock)
            {
                _output.Note.Ranges = _done.ToString();
            }

            _output.SaveNote();
        }
    }
}
