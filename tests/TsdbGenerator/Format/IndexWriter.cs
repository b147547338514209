namespace TsdbGenerator.Format;

/// <summary>
/// Writes the file index of a block: symbols, series, label indices, postings, their two tables and the table of
/// contents. The series must be sorted by their labels. Source: Prometheus, tsdb/docs/format/index.md; for version 1
/// its reader, tsdb/index/index.go.
/// </summary>
internal sealed class IndexWriter : IDisposable
{
    private const int SeriesAlignment = 16;
    private readonly FileStream _file;
    private readonly SectionBuffer _length = new();
    private readonly SectionBuffer _section = new();
    private readonly IndexLayout _layout;
    private readonly IReadOnlyList<string> _symbols;
    private readonly uint[] _symbolReferences;
    private readonly PostingsLists _postings = new();
    private readonly long _symbolsStart;
    private readonly long _seriesStart;
    private long _position;

    public IndexWriter(string path, IReadOnlyList<string> sortedSymbols, IndexLayout layout)
    {
        _layout = layout;
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 20);
        _symbols = sortedSymbols;
        Write([0xBA, 0xAA, 0xD7, 0x00, (byte)layout.Version]); // magic, version
        Pad();
        _symbolsStart = _position;
        _symbolReferences = new uint[sortedSymbols.Count];
        _section.PutUInt32((uint)sortedSymbols.Count);
        for (int i = 0; i < sortedSymbols.Count; i++)
        {
            // Version 1 refers to a symbol by its place in the file. The section's length precedes the buffer.
            _symbolReferences[i] = layout.Version == 1 ? (uint)(_symbolsStart + sizeof(uint) + _section.Length) : (uint)i;
            _section.PutString(sortedSymbols[i]);
        }

        WriteSection();
        _seriesStart = _position;
    }

    /// <param name="labelSymbols">Name, value, name, value and so on, as positions in the symbol table.</param>
    /// <param name="chunks">The series' chunks in the order of time.</param>
    public void AddSeries(ReadOnlySpan<int> labelSymbols, List<ChunkEntry> chunks)
    {
        Pad();
        int alignment = _layout.Version == 1 ? 1 : SeriesAlignment;
        AlignTo(alignment);
        _postings.Add((uint)(_position / alignment), labelSymbols);
        _section.PutUvarint((ulong)labelSymbols.Length / 2);
        foreach (int symbol in labelSymbols)
        {
            _section.PutUvarint(_symbolReferences[symbol]);
        }

        PutChunks(chunks);
        _length.PutUvarint((ulong)_section.Length);
        WriteLengthBodyAndChecksum();
    }

    public void Finish()
    {
        List<(int Name, int Value)> pairs = _postings.SortedPairs();
        ILookup<int, int> valuesByName = pairs.ToLookup(pair => pair.Name, pair => pair.Value);
        long labelIndicesStart = _position;
        List<(int Name, long Start)> labelIndices =
            [.. valuesByName.Where(_ => _layout.HasLabelIndices).Select(values => (values.Key, WriteLabelIndex([.. values])))];
        long postingsStart = _position;
        long allStart = WriteAlignedList(_postings.All);
        List<(int Name, int Value, long Start)> lists =
            [.. pairs.Select(pair => (pair.Name, pair.Value, WriteAlignedList(_postings[pair])))];
        // Without label indices, their two entries of the table of contents point at the postings and their table.
        long? labelTableStart = _layout.HasLabelIndices ? WriteLabelOffsetTable(labelIndices) : null;
        long postingsTableStart = WritePostingsOffsetTable(allStart, lists);

        foreach (long start in (ReadOnlySpan<long>)[
            _symbolsStart, _seriesStart, labelIndicesStart, labelTableStart ?? postingsTableStart, postingsStart, postingsTableStart])
        {
            _section.PutUInt64((ulong)start);
        }

        WriteLengthBodyAndChecksum(); // The table of contents has a fixed size, hence no length.
    }

    public void Dispose() => _file.Dispose();

    private void PutChunks(List<ChunkEntry> chunks)
    {
        _section.PutUvarint((ulong)chunks.Count);
        for (int i = 0; i < chunks.Count; i++)
        {
            ChunkEntry chunk = chunks[i];
            if (i == 0)
            {
                _section.PutVarint(chunk.MinTime);
                _section.PutUvarint((ulong)(chunk.MaxTime - chunk.MinTime));
                _section.PutUvarint(chunk.Reference);
            }
            else
            {
                _section.PutUvarint((ulong)(chunk.MinTime - chunks[i - 1].MaxTime));
                _section.PutUvarint((ulong)(chunk.MaxTime - chunk.MinTime));
                _section.PutVarint((long)(chunk.Reference - chunks[i - 1].Reference));
            }
        }
    }

    private long WriteLabelIndex(List<int> values)
    {
        _section.PutUInt32(1);
        return WriteAlignedList(values.ConvertAll(value => _symbolReferences[value]));
    }

    private long WriteAlignedList(List<uint> entries)
    {
        Pad();
        _section.PutUInt32((uint)entries.Count);
        foreach (uint entry in entries)
        {
            _section.PutUInt32(entry);
        }

        AlignTo(sizeof(uint));
        return WriteSection();
    }

    private long WriteLabelOffsetTable(List<(int Name, long Start)> entries)
    {
        Pad();
        _section.PutUInt32((uint)entries.Count);
        foreach ((int name, long start) in entries)
        {
            _section.PutByte(1);
            _section.PutString(_symbols[name]);
            _section.PutUvarint((ulong)start);
        }

        return WriteSection();
    }

    private long WritePostingsOffsetTable(long allStart, List<(int Name, int Value, long Start)> entries)
    {
        Pad();
        _section.PutUInt32((uint)entries.Count + 1);
        PutPostingsOffset("", "", allStart);
        foreach ((int name, int value, long start) in entries)
        {
            PutPostingsOffset(_symbols[name], _symbols[value], start);
        }

        return WriteSection();
    }

    private void PutPostingsOffset(string name, string value, long start)
    {
        _section.PutByte(2);
        _section.PutString(name);
        _section.PutString(value);
        _section.PutUvarint((ulong)start);
    }

    /// <returns>The position of the section's start, which is its length field.</returns>
    private long WriteSection()
    {
        long start = _position;
        _length.PutUInt32((uint)_section.Length);
        WriteLengthBodyAndChecksum();
        return start;
    }

    private void WriteLengthBodyAndChecksum()
    {
        Write(_length.Written);
        _length.Clear();
        _section.PutUInt32(Crc32C.Compute(_section.Written));
        Write(_section.Written);
        _section.Clear();
    }

    private void Pad() => Write(new byte[_layout.PaddingBytes]);

    private void AlignTo(int alignment)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[SeriesAlignment];
        Write(zeros[..(int)(-_position & (alignment - 1))]);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        _position += bytes.Length;
    }
}
