using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ICSharpCode.SharpZipLib.Tar;
using Microsoft.FSharp.Core;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Archiving;

/// <summary>
/// Writes random trees with the whole writer, and reads them with each program that an operator may use. OSO_TEST_SEED
/// repeats a failure.
/// </summary>
public sealed class RoundTripProperties : IDisposable
{
    private const int Trees = 20;

    private const string ReadWithPython = """
        import hashlib, json, sys, tarfile
        with tarfile.open(sys.argv[1], errorlevel=2) as tar:
            print(json.dumps([[e.name, e.isdir(), e.size, e.uid, e.gid, e.mode, int(e.mtime),
                '' if e.isdir() else hashlib.sha256(tar.extractfile(e).read()).hexdigest().upper()] for e in tar]))
        """;

    private const string UnpackWithPython = "import gzip, shutil, sys; shutil.copyfileobj(gzip.open(sys.argv[1]), sys.stdout.buffer)";

    private readonly SampleData _sample = new();

    private string Archive => _sample.PartialArchive;

    [Fact]
    public void Any_tree_comes_back_from_every_reader()
    {
        ulong seed = ulong.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), CultureInfo.InvariantCulture, out ulong given)
            ? given
            : (ulong)Random.Shared.NextInt64();
        Config config = Config.QuickThrowOnFailure.WithMaxTest(Trees).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)));
        Exception? failure = Record.Exception(() => Prop.ForAll(RandomTree.Trees.ToArbitrary(), (Action<RandomTree>)ComesBack).Check(config));
        Assert.True(failure is null, $"Repeat it with OSO_TEST_SEED={seed}. {failure}");
    }

    public void Dispose() => _sample.Dispose();

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private void ComesBack(RandomTree tree)
    {
        ArchiveFigures figures = _sample.WritePartial(SampleData.NoReserve with { Workers = tree.Workers }, Entries(tree));

        // Verify compares names, sizes and checksums.
        _sample.Verify(figures);
        AssertPython(tree);
        AssertListing(tree);
        AssertSharpZipLib(tree);
        AssertContents(tree);
    }

    private IEnumerable<TreeEntry> Entries(RandomTree tree) => tree.Items.Select((item, position) =>
    {
        string name = position.ToString(CultureInfo.InvariantCulture);
        _sample.Directory.Write(name, item.Content);
        DirectoryHandle directory = _sample.Directory.Open();
        FileStatus status = new()
        {
            Mode = item.Mode | (item.IsDirectory ? 0x4000 : 0x8000),
            LinkCount = 1,
            UserId = item.User,
            GroupId = item.Group,
            SizeBytes = item.IsDirectory ? 4096 : item.Content.Length,
            AllocatedBytes = 0,
            ModifiedAt = item.ModifiedAt,
            Identity = directory.Find(name)!.Identity,
        };
        return new TreeEntry(item.Name, status, directory, name);
    });

    private void AssertPython(RandomTree tree)
    {
        string listing = SystemTool.Output("python3", "-S", "-E", "-c", ReadWithPython, Archive);
        IEnumerable<object[]> expected = tree.Items.Select(item => (object[])
        [
            item.Name.TrimEnd('/'), item.IsDirectory, item.Content.Length, item.User, item.Group, item.Mode, item.ModifiedAt.ToUnixTimeSeconds(),
            item.IsDirectory ? string.Empty : Hash(item.Content),
        ]);
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(JsonDocument.Parse(listing).RootElement));
    }

    private void AssertListing(RandomTree tree)
    {
        string listing = SystemTool.Output("tar", "--numeric-owner", "--full-time", "--quoting-style=escape", "-tvzf", Archive);
        IEnumerable<string> found = listing.TrimEnd('\n').Split('\n').Select(line =>
        {
            int name = line.IndexOf("snapshots/", StringComparison.Ordinal);
            string[] words = line[..name].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return string.Join(' ', [words[0][..1], .. words[1..], line[name..]]);
        });
        Assert.Equal(tree.Items.Select(item => string.Create(CultureInfo.InvariantCulture,
            $"{(item.IsDirectory ? 'd' : '-')} {item.User}/{item.Group} {item.Content.Length} {item.ModifiedAt:yyyy-MM-dd HH:mm:ss} {Escaped(item.Name)}")), found);
    }

    private static string Escaped(string name) => string.Concat(Encoding.UTF8.GetBytes(name).Select(value => value switch
    {
        (byte)'\n' => "\\n",
        (byte)'\\' => "\\\\",
        >= 0x80 => "\\" + Convert.ToString(value, 8),
        _ => ((char)value).ToString(),
    }));

    private void AssertSharpZipLib(RandomTree tree)
    {
        using GZipStream gzip = new(File.OpenRead(Archive), CompressionMode.Decompress);
        using TarInputStream tar = new(gzip, Encoding.UTF8);
        foreach (RandomItem item in tree.Items)
        {
            TarEntry entry = tar.GetNextEntry();
            using MemoryStream content = new();
            tar.CopyEntryContents(content);
            Assert.Equal(Hash(item.Content), Hash(content.ToArray()));

            // SharpZipLib 1.4.1 loses characters of pax names that have characters of several bytes. An entry whose name
            // then ends in / is a directory for it. Prometheus makes no such name.
            if (item.Name.All(char.IsAscii))
            {
                Assert.Equal((item.IsDirectory, item.Name), (entry.IsDirectory, entry.Name));
            }
        }

        Assert.Null(tar.GetNextEntry());
    }

    private void AssertContents(RandomTree tree)
    {
        using GZipStream gzip = new(File.OpenRead(Archive), CompressionMode.Decompress);
        string plain = Convert.ToHexString(SHA256.HashData(gzip));
        string contents = Hash([.. tree.Items.SelectMany(item => item.Content)]);
        string[] unpackers = ["gzip -dc", "pigz -dc", "busybox gunzip -c", $"python3 -c '{UnpackWithPython}'"];

        // busybox' tar ignores pax headers. It has only the end of a name over 100 bytes, but the right content.
        string[] extractors = ["tar -xzOf", "busybox tar -xzOf"];
        string script = string.Concat(unpackers.Concat(extractors).Select(command => $"{command} \"$0\" | sha256sum\n"));
        string sums = SystemTool.Output("bash", "-o", "pipefail", "-e", "-c", script, Archive);

        IEnumerable<string> expected = [.. unpackers.Select(_ => plain), .. extractors.Select(_ => contents)];
        Assert.Equal(expected, sums.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')[0].ToUpperInvariant()));
    }
}
