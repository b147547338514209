using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotCore.Archives;

/// <summary>Compares each entry of an archive with what was read from the snapshot.</summary>
/// <param name="written">The entries in their order.</param>
internal sealed class EntryComparison(IEnumerable<ArchivedEntry> written) : IEntryVisitor, IDisposable
{
    private readonly IEnumerator<ArchivedEntry> _expected = written.GetEnumerator();
    private TarHeader _entry;
    private Crc32C _crc;

    /// <exception cref="OperatorException">The entry differs.</exception>
    public void Directory(TarHeader entry, string path)
    {
        StartFile(entry, path);
        FinishFile();
    }

    public void StartFile(TarHeader entry, string path) => (_entry, _crc) = (entry, Crc32C.Start());

    public void Append(ReadOnlySpan<byte> bytes) => _crc.Append(bytes);

    /// <inheritdoc cref="Directory" path="/exception"/>
    public void FinishFile()
    {
        ArchivedEntry found = new(_entry.Name, _entry.SizeBytes, _crc.Value);
        ArchivedEntry? expected = _expected.MoveNext() ? _expected.Current : null;
        if (found != expected)
        {
            throw ArchiveVerifier.Differs(expected is { } other && other.Name == found.Name
                ? $"{found.Name} has {found.SizeBytes} bytes with checksum {found.Crc32C:x8}, but {other.SizeBytes}"
                    + $" bytes with {other.Crc32C:x8} were read from the snapshot"
                : $"it holds {found.Name} where {expected?.Name ?? "its end"} should be");
        }
    }

    /// <summary>Call this once after the last entry.</summary>
    /// <exception cref="OperatorException">An entry is missing.</exception>
    public void Finish()
    {
        if (_expected.MoveNext())
        {
            throw ArchiveVerifier.Differs($"it ends before {_expected.Current.Name}");
        }
    }

    public void Dispose() => _expected.Dispose();
}
