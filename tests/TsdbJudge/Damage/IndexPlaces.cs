namespace TsdbJudge.Damage;

/// <summary>Lists the fields of a sound index. Source: Prometheus, tsdb/docs/format/index.md.</summary>
internal sealed class IndexPlaces
{
    private const int TocBytes = 48;
    private static readonly string[] TocFields = ["symbols", "series", "labelIndices", "labelTable", "postings", "postingsTable"];
    private readonly PlaceReader _reader;
    private readonly int _length;
    private int _version;

    private IndexPlaces(byte[] index) => (_reader, _length) = (new PlaceReader(index), index.Length);

    public static IReadOnlyList<Place> Of(byte[] index)
    {
        IndexPlaces places = new(index);
        places.Read();
        return places._reader.Places;
    }

    private void Read()
    {
        _reader.Section = "header";
        _reader.Skip("magic", 4);
        _version = _reader.Skip("version", 1)[0];
        int[] toc = ReadToc();
        Framed("symbols", toc[0], ReadSymbols);
        if (toc[3] != toc[5])
        {
            List<int> lists = [];
            Framed("labelTable", toc[3], () => ReadTable(lists));
            lists.ForEach(list => Framed("labelIndices", list, () => ReadList(hasNameCount: true)));
        }

        List<int> postings = [];
        Framed("postingsTable", toc[5], () => ReadTable(postings));
        List<uint> series = [];
        for (int i = 0; i < postings.Count; i++)
        {
            // The first entry of the table is the list of all series.
            Framed("postings", postings[i], () => series.AddRange(ReadList(hasNameCount: false).Take(i == 0 ? int.MaxValue : 0)));
        }

        series.ForEach(reference => ReadSeries((int)reference * (_version == 1 ? 1 : 16)));
        _reader.NotePadding("index");
    }

    private int[] ReadToc()
    {
        (_reader.Section, _reader.At) = ("toc", _length - TocBytes - sizeof(uint));
        int[] toc = [];
        _reader.Checked(TocBytes, () => toc = [.. TocFields.Select(field => (int)_reader.UInt64(field))]);
        return toc;
    }

    private void Framed(string section, int start, Action fields)
    {
        (_reader.Section, _reader.At) = (section, start);
        _reader.Checked((int)_reader.UInt32("length"), fields);
    }

    private void ReadSymbols()
    {
        for (uint left = _reader.UInt32("count"); left > 0; left--)
        {
            _reader.Skip("text", (int)_reader.Uvarint("textLength"));
        }
    }

    private void ReadTable(List<int> lists)
    {
        for (uint left = _reader.UInt32("count"); left > 0; left--)
        {
            for (ulong keys = _reader.Uvarint("keyCount"); keys > 0; keys--)
            {
                _reader.Skip("key", (int)_reader.Uvarint("keyLength"));
            }

            lists.Add((int)_reader.Uvarint("offset"));
        }
    }

    private List<uint> ReadList(bool hasNameCount)
    {
        if (hasNameCount)
        {
            _reader.UInt32("nameCount");
        }

        return [.. Enumerable.Repeat(0, (int)_reader.UInt32("count")).Select(_ => _reader.UInt32("entry"))];
    }

    private void ReadSeries(int start)
    {
        (_reader.Section, _reader.At) = ("series", start);
        _reader.Checked((int)_reader.Uvarint("length"), () =>
        {
            for (ulong left = _reader.Uvarint("labelCount"); left > 0; left--)
            {
                _reader.Uvarint("labelName");
                _reader.Uvarint("labelValue");
            }

            for (ulong left = _reader.Uvarint("chunkCount"); left > 0; left--)
            {
                _reader.Uvarint("chunkMinTime");
                _reader.Uvarint("chunkMaxTime");
                _reader.Uvarint("chunkReference");
            }
        });
    }
}
