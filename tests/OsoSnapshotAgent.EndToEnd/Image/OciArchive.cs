using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>An image's archive, read without any container program.</summary>
internal sealed class OciArchive
{
    private readonly Dictionary<string, byte[]> _blobs;
    private readonly JsonElement _manifest;

    public OciArchive(string file)
    {
        using FileStream stream = File.OpenRead(file);
        _blobs = Read(stream).ToDictionary(entry => entry.Entry.Name, entry => entry.Content);
        JsonElement index = JsonSerializer.Deserialize<JsonElement>(_blobs["index.json"]);
        _manifest = JsonSerializer.Deserialize<JsonElement>(Blob(Assert.Single(index.GetProperty("manifests").EnumerateArray())));
        Config = JsonSerializer.Deserialize<JsonElement>(Blob(_manifest.GetProperty("config")));
        Entries = [.. _manifest.GetProperty("layers").EnumerateArray().SelectMany(layer => ReadLayer(Blob(layer)))];
    }

    /// <summary>The archive that ./build.sh image makes.</summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "../../../../../dist/oso_snapshot.oci.tar"));

    public JsonElement Config { get; }

    /// <summary>The entries of all layers.</summary>
    public IReadOnlyList<(TarEntry Entry, byte[] Content)> Entries { get; }

    public IReadOnlyList<string?> LayerDigests => [.. _manifest.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("digest").GetString())];

    private static IEnumerable<(TarEntry Entry, byte[] Content)> ReadLayer(byte[] layer)
    {
        using GZipStream stream = new(new MemoryStream(layer), CompressionMode.Decompress);
        foreach ((TarEntry Entry, byte[] Content) entry in Read(stream))
        {
            yield return entry;
        }
    }

    private static IEnumerable<(TarEntry Entry, byte[] Content)> Read(Stream stream)
    {
        using TarReader reader = new(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            using MemoryStream content = new();
            entry.DataStream?.CopyTo(content);
            yield return (entry, content.ToArray());
        }
    }

    private byte[] Blob(JsonElement descriptor) => _blobs["blobs/" + descriptor.GetProperty("digest").GetString()!.Replace(':', '/')];
}
