using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshotCore.Archives.Tar;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>An entry as the reader under test reads it. The SHA-256 stands for the content.</summary>
internal sealed record ListedEntry(string Name, TarEntryKind Kind, long SizeBytes, string Sha256)
{
    public static ListedEntry File(string name, byte[] content) =>
        new(name, TarEntryKind.File, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));

    public static ListedEntry Directory(string name) => new(name, TarEntryKind.Directory, 0, string.Empty);

    public static ListedEntry Other(string name) => new(name, TarEntryKind.Other, 0, string.Empty);
}

/// <summary>A whole archive as the reader under test reads it.</summary>
internal sealed record TarListing(IReadOnlyList<ListedEntry> Entries, string Contents)
{
    /// <summary>A line for each entry and one for the contents.</summary>
    public IEnumerable<string> Lines =>
        Entries.Select(entry => Line(entry.Name, entry.Kind.ToString(), entry.SizeBytes)).Append(Contents);

    /// <summary>
    /// Makes a line without two differences of Python: it drops a directory's slash, and calls an empty file with a
    /// slash a file.
    /// </summary>
    public static string Line(string name, string kind, long size) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(size == 0 && name.EndsWith('/') ? "Directory" : kind)} {size} {name.TrimEnd('/')}");

    /// <param name="piece">The maximum number of bytes that one read returns.</param>
    public static TarListing Read(byte[] tar, int piece = int.MaxValue)
    {
        using PiecemealStream source = new(tar, piece);
        return Read(source);
    }

    public static TarListing Read(Stream source)
    {
        List<ListedEntry> entries = [];
        TarReader reader = new(source);
        using IncrementalHash contents = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using IncrementalHash content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[100_000];
        while (reader.Next() is { } header)
        {
            long size = 0;
            int count;
            while ((count = reader.Read(buffer)) > 0)
            {
                content.AppendData(buffer, 0, count);
                contents.AppendData(buffer, 0, count);
                size += count;
            }

            Assert.Equal(header.SizeBytes, size);
            string sum = Convert.ToHexStringLower(content.GetHashAndReset());
            entries.Add(new(header.Name, header.Kind, size, header.Kind == TarEntryKind.File ? sum : string.Empty));
        }

        return new(entries, Convert.ToHexStringLower(contents.GetHashAndReset()));
    }

    /// <summary>Returns less than was asked for, as a decompressor does.</summary>
    private sealed class PiecemealStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);
    }
}
