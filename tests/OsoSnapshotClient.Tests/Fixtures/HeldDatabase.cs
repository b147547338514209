using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Gives the answers of an agent that holds a snapshot, from real blocks in a directory.</summary>
internal sealed class HeldDatabase
{
    public const string Engine = "isa-l 2.30 avx2 level 2";

    private readonly ConcurrentDictionary<string, byte[]> _archives = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<(string Ulid, long Offset, long Passed)> _exports = [];

    public HeldDatabase(string directory)
    {
        Directory = directory;
        Blocks = [.. System.IO.Directory.GetDirectories(directory).Order(StringComparer.Ordinal).Select(Describe)];
        List = JsonSerializer.Serialize([.. Blocks], ControlJson.Default.SnapshotBlockArray);
    }

    public string Directory { get; }

    public IReadOnlyList<SnapshotBlock> Blocks { get; }

    /// <summary>The answer to <c>blocks --json</c>.</summary>
    public string List { get; set; }

    /// <summary>
    /// Makes a faulty answer from the block, the offset and the bytes from there. null means the right answer.
    /// </summary>
    public Func<string, long, byte[], Recording?> Fault { get; set; } = (_, _, _) => null;

    /// <summary>Answers <c>upload</c>.</summary>
    public SendingAgent? Sender { get; set; }

    /// <summary>Each export: what was asked for, and how many bytes were sent.</summary>
    public IReadOnlyCollection<(string Ulid, long Offset, long Passed)> Exports => _exports;

    /// <summary>Returns the block as the agent exports it.</summary>
    public byte[] Archive(string ulid) => _archives.GetOrAdd(ulid, one => Pack(one, CompressionLevel.Fastest));

    /// <summary>Returns the agent's standard error after a complete export.</summary>
    public static string Told(byte[] archive, string engine = Engine) =>
        $"engine {engine}\nwritten 0\nbytes {archive.Length}\n"
        + $"sha256 {Convert.ToHexStringLower(SHA256.HashData(archive))}\n";

    /// <summary>Packs the block to other bytes, as another compression engine does.</summary>
    public byte[] Pack(string ulid, CompressionLevel level)
    {
        string block = Path.Combine(Directory, ulid);
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, level, leaveOpen: true))
        using (TarWriter tar = new(gzip, TarEntryFormat.Ustar))
        {
            // The time is fixed, so that the bytes are always the same, as the agent's are.
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, ulid + "/") { ModificationTime = DateTimeOffset.UnixEpoch });
            foreach (string file in System.IO.Directory.GetFiles(block, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal))
            {
                using FileStream content = File.OpenRead(file);
                tar.WriteEntry(new UstarTarEntry(
                    TarEntryType.RegularFile, $"{ulid}/{Path.GetRelativePath(block, file)}")
                {
                    DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return packed.ToArray();
    }

    /// <param name="held">The status of the run that holds the snapshot.</param>
    public RecordedExec Exec(RunStatus held) =>
        new RecordedExec().On(string.Empty, words => Answer([.. words])).Follows(held);

    private Recording Answer(string[] words)
    {
        if (words is ["blocks", "--json"])
        {
            return new(Encoding.UTF8.GetBytes(List + "\n"), string.Empty, 0);
        }

        if (words is ["upload"])
        {
            return Sender is null
                ? new([], "❌ There is no verb 'upload'.\n   What to do: see oso-snapshot --help\n", 2)
                : new([], string.Empty, null) { Talk = (input, output) => Sender.RunAsync(this, input, output) };
        }

        Assert.Equal("export", words[0]);
        Assert.Equal("--block", words[^2]);
        string ulid = words[^1];
        if (words[1] == "--length")
        {
            return new([], $"engine {Engine}\nwritten 0\n", 0);
        }

        Assert.Equal(["--until-input-ends", "--offset"], words[1..3]);
        long offset = long.Parse(words[3], CultureInfo.InvariantCulture);
        byte[] archive = Archive(ulid);
        byte[] rest = archive[(int)Math.Min(offset, archive.Length)..];
        Recording recording = Fault(ulid, offset, rest) ?? (offset > archive.Length
            ? new([], $"❌ --offset is {offset}\n", 2)
            : new(rest, Told(archive), 0));
        _exports.Add((ulid, offset, recording.Output.Length));
        return recording;
    }

    private static SnapshotBlock Describe(string block)
    {
        (string Path, long SizeBytes, byte[]? Content)[] files =
        [
            .. from file in System.IO.Directory.GetFiles(block, "*", SearchOption.AllDirectories)
               let name = Path.GetRelativePath(block, file)
               select (name, new FileInfo(file).Length, BlockFingerprint.CountsContent(name) ? File.ReadAllBytes(file) : null),
        ];
        BlockMeta meta = BlockMeta.Parse(File.ReadAllBytes(Path.Combine(block, BlockMeta.FileName)));
        return new()
        {
            Ulid = Path.GetFileName(block),
            Fingerprint = BlockFingerprint.Of(files),
            Kind = SnapshotBlock.Block,
            From = meta.MinTime,
            To = meta.MaxTime,
            Bytes = files.Sum(file => file.SizeBytes),
            Series = meta.Stats.NumSeries,
            Samples = meta.Stats.NumSamples,
        };
    }
}
