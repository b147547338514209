using System.Numerics;

namespace OsoSnapshotCore.Archives.Tar;

/// <summary>
/// Reads a tar archive forwards: ustar, pax, GNU's long names and numbers, and v7. It looks for a header only where the
/// previous entry ended, never within content. Memory does not grow with the sizes that a header claims.
/// </summary>
internal sealed class TarReader
{
    private const int MaxExtendedBytes = 1024 * 1024;
    private const int MaxNameLettersInMessage = 100;

    private readonly BlockSource _source;
    private readonly ExtendedHeader _extended;
    private readonly byte[] _block = new byte[BlockSource.TarBlockSize];
    private byte[] _data = new byte[16 * 1024];
    private string? _name;
    private long _entries;
    private long _headerPosition;
    private long _contentLeft;
    private int _padding;

    public TarReader(Stream source) => (_source, _extended) = (new(source), new(Wrong));

    /// <summary>Reads the next header, and skips the unread content of the previous entry.</summary>
    /// <returns>null at the end of the archive. The source has then been read to its own end.</returns>
    /// <exception cref="InvalidDataException">The message names the entry and what is wrong with it.</exception>
    public TarHeader? Next()
    {
        SkipRest();
        _extended.Clear();
        _name = null;
        _entries++;
        for (bool isExtended = false; ; isExtended = true)
        {
            _headerPosition = _source.Position;
            if (!ReadBlock())
            {
                throw Wrong("is missing: the archive breaks off before the two blocks of zeros that end it");
            }

            HeaderBlock header = new(_block);
            if (header.IsZero)
            {
                ReadEnd(isExtended);
                return null;
            }

            if (!header.HasRightSum)
            {
                throw Wrong("has a header whose checksum does not match");
            }

            long size = header.SizeBytes ?? throw Wrong("has a size that is negative, too large or not a number");
            if (!TakeExtended(header.Type, size))
            {
                return Entry(header, _extended.SizeBytes ?? size);
            }
        }
    }

    /// <summary>Reads the next bytes of the entry's content.</summary>
    /// <returns>0 at the end of the content.</returns>
    /// <exception cref="InvalidDataException">The archive breaks off in the content.</exception>
    public int Read(Span<byte> buffer)
    {
        if (_contentLeft == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        int count = _source.Read(buffer[..(int)Math.Min(buffer.Length, _contentLeft)]);
        if (count == 0)
        {
            throw Wrong($"breaks off {_contentLeft} bytes before its end");
        }

        _contentLeft -= count;
        return count;
    }

    // The types are those of POSIX.1-2017, pax, "ustar Interchange Format". V is GNU tar's label of a volume.
    private TarHeader Entry(HeaderBlock header, long size)
    {
        if (header.HasDoubtfulPrefix)
        {
            throw Wrong("has a prefix to its name without the magic of ustar");
        }

        Span<byte> shortName = stackalloc byte[HeaderBlock.MaxNameBytes];
        _name = _extended.Name ?? _extended.Decode(shortName[..header.CopyName(shortName)]);
        TarEntryKind kind = header.Type switch
        {
            // As before ustar, GNU tar still takes a file for a directory if its name ends with a slash.
            '\0' or '0' or '7' => _name.EndsWith('/') ? TarEntryKind.Directory : TarEntryKind.File,
            '5' => TarEntryKind.Directory,
            '1' or '2' or '3' or '4' or '6' or 'V' => TarEntryKind.Other,
            'S' => throw Wrong("is a sparse file, which this program does not read"),
            _ => throw Wrong($"has the type 0x{(int)header.Type:X2}, which this program does not know"),
        };

        // Some readers would skip this content, others would not.
        if (kind != TarEntryKind.File && size > 0)
        {
            throw Wrong($"is not a file, but claims {size} bytes of content");
        }

        _contentLeft = size;
        _padding = BlockSource.PaddingAfter(size);
        return new(_name, kind, size);
    }

    /// <returns>False if the header is an entry's own.</returns>
    private bool TakeExtended(char type, long size)
    {
        switch (type)
        {
            case 'x':
                _extended.ReadRecords(ReadData(size, MaxExtendedBytes));
                return true;
            case 'g':
                _extended.CheckGlobalRecords(ReadData(size, MaxExtendedBytes));
                return true;
            case 'L':
                _extended.ReadLongName(ReadData(size, ExtendedHeader.MaxNameBytes + 1));
                return true;
            case 'K':
                // The destination of a link is not needed.
                ReadData(size, ExtendedHeader.MaxNameBytes + 1);
                return true;
            default:
                return false;
        }
    }

    private ReadOnlySpan<byte> ReadData(long size, int maxBytes)
    {
        if (size > maxBytes)
        {
            throw Wrong($"has an extended header of {size} bytes; the maximum is {maxBytes}");
        }

        int count = (int)size;
        int padded = count + BlockSource.PaddingAfter(count);
        if (padded > _data.Length)
        {
            _data = new byte[BitOperations.RoundUpToPowerOf2((uint)padded)];
        }

        bool isWhole = _source.ReadFully(_data.AsSpan(0, padded)) == padded;
        return isWhole ? _data.AsSpan(0, count) : throw Wrong("breaks off within its extended header");
    }

    private void SkipRest()
    {
        while (_contentLeft > 0)
        {
            Read(_data);
        }

        if (_source.ReadFully(_data.AsSpan(0, _padding)) < _padding)
        {
            throw Wrong("breaks off after its content");
        }
    }

    private void ReadEnd(bool isExtended)
    {
        if (isExtended)
        {
            throw Wrong("is missing after its extended header");
        }

        if (!ReadBlock() || !new HeaderBlock(_block).IsZero)
        {
            throw Wrong("is a lone block of zeros; the archive ends with two");
        }

        if (!_source.HoldsOnlyZeros(_data))
        {
            throw Wrong("is the end of the archive, but more than zeros follow it");
        }
    }

    /// <returns>False at the end of the source.</returns>
    private bool ReadBlock() => _source.ReadFully(_block) switch
    {
        0 => false,
        BlockSource.TarBlockSize => true,
        _ => throw Wrong("breaks off within its header"),
    };

    private InvalidDataException Wrong(string what)
    {
        bool isLong = _name?.Length > MaxNameLettersInMessage;
        string name = _name is null ? string.Empty : $" ({(isLong ? _name[..MaxNameLettersInMessage] + "…" : _name)})";
        return new($"tar entry {_entries}{name}, at byte {_headerPosition}, {what}");
    }
}
