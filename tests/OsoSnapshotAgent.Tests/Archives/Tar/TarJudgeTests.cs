using System.Text;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>
/// Packs random files with our writer, GNU tar and Python's tarfile. The reader must find the names, kinds, sizes and
/// contents that the judges find. A failure names its seed, and OSO_TEST_SEED repeats it.
/// </summary>
public sealed class TarJudgeTests : IDisposable
{
    private const int Files = 60;

    private const string PackWithPython = """
        import os, sys, tarfile
        form, archive, top = getattr(tarfile, sys.argv[1]), sys.argv[2], sys.argv[3]
        os.chdir(top)
        with tarfile.open(archive, 'w', format=form, pax_headers={'comment': 'for all'}) as tar:
            for directory, directories, files in os.walk('.'):
                for name in directories + files:
                    path = os.path.join(directory, name)
                    try:
                        tar.add(path, recursive=False)
                    except ValueError:
                        pass # Its name is too long for the format.
        """;

    private readonly TempDirectory _directory = new();

    private string Archive => _directory.PathOf("archive.tar");

    private string Top => _directory.PathOf("top");

    public static TheoryData<int, string> GnuFormats => Each("v7", "oldgnu", "gnu", "ustar", "posix");

    public static TheoryData<int, string> PythonFormats => Each("USTAR_FORMAT", "GNU_FORMAT", "PAX_FORMAT");

    [Theory]
    [MemberData(nameof(GnuFormats))]
    public void Reads_what_GNU_tar_packs(int seed, string format)
    {
        Make(new Random(seed));

        // tar ends with status 2 if a name is too long for the format.
        SystemTool.Run("tar", "-cf", Archive, "--format=" + format, "-C", Top, ".");

        AssertJudged($"{format}, OSO_TEST_SEED={seed}");
    }

    [Theory]
    [MemberData(nameof(PythonFormats))]
    public void Reads_what_Python_packs(int seed, string format)
    {
        Make(new Random(seed));

        SystemTool.Output("python3", "-S", "-E", "-c", PackWithPython, format, Archive, Top);

        AssertJudged($"{format}, OSO_TEST_SEED={seed}");
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void Reads_what_our_writer_packs(int seed)
    {
        Make(new Random(seed));
        using (FileStream file = File.Create(Archive))
        using (TarEntryWriter tar = new(file))
        {
            using DirectoryHandle top = DirectoryHandle.Open(Top);
            foreach (TreeItem item in DirectoryTree.Walk(top, TreeOrder.AsListed).Where(item => item.IsDirectory || item.Status!.IsRegularFile))
            {
                TreeEntry entry = new(item.Path + (item.IsDirectory ? "/" : string.Empty), item.Status!);
                tar.Start(ArchiveWriter.Attributes(entry, new AccountNames(ContainerRoot.OpenOwn().TryReadStart)));
                tar.Write(item.IsDirectory ? [] : File.ReadAllBytes(item.PathSeenByAgent));
                tar.Finish();
            }
        }

        AssertJudged($"OSO_TEST_SEED={seed}");
    }

    [Theory]
    [InlineData("--label=the label")]
    [InlineData("--blocking-factor=1")]
    [InlineData("--blocking-factor=999")]
    [InlineData("--pax-option=globexthdr.name=global,comment:=each")]
    [InlineData("--xattrs")]
    public void Reads_what_GNU_tar_packs_with(string option)
    {
        Make(new Random(1));
        string format = option.StartsWith("--label", StringComparison.Ordinal) ? "gnu" : "posix";

        SystemTool.Output("tar", "-cf", Archive, "--format=" + format, option, "-C", Top, ".");

        AssertJudged(option);
    }

    [Theory]
    [InlineData("--format=gnu")]
    [InlineData("--format=posix --sparse-version=0.0")]
    [InlineData("--format=posix --sparse-version=0.1")]
    [InlineData("--format=posix --sparse-version=1.0")]
    public void Refuses_a_sparse_file_whose_content_the_archive_does_not_hold_as_it_is(string options)
    {
        SystemTool.Output("bash", "-c", "mkdir \"$0\" && truncate -s 10M \"$0/hole\" && echo x >>\"$0/hole\"", Top);

        SystemTool.Output("tar", ["-cSf", Archive, .. options.Split(' '), "-C", Top, "."]);

        using FileStream tar = File.OpenRead(Archive);
        Assert.EndsWith(
            " is a sparse file, which this program does not read",
            Assert.Throws<InvalidDataException>(() => TarListing.Read(tar)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gnu", 512)]
    [InlineData("posix", 1536)]
    public void Reads_a_file_over_8_GiB_to_its_end(string format, int headerBytes)
    {
        const long Bytes = (8L << 30) + 1;
        SystemTool.Output("bash", "-c", "mkdir \"$0\" && truncate -s \"$1\" \"$0/large\"", Top, $"{Bytes}");
        string pack = $"tar -cf - --format={format} -C \"$0\" large 2>/dev/null | head -c {headerBytes} >\"$1\"";
        SystemTool.Output("bash", "-c", pack, Top, Archive);
        byte[] after = new TarBuilder().AddFile("next", [1, 2]).End();
        using LargeTar tar = new(File.ReadAllBytes(Archive), Bytes + 511, after);

        TarReader reader = new(tar);

        Assert.Equal(new TarHeader("large", TarEntryKind.File, Bytes), reader.Next());
        byte[] buffer = new byte[1 << 20];
        long read = 0;
        int count;
        while ((count = reader.Read(buffer)) > 0)
        {
            read += count;
        }

        Assert.Equal(Bytes, read);
        Assert.Equal(new TarHeader("next", TarEntryKind.File, 2), reader.Next());
        Assert.Null(reader.Next());
    }

    public void Dispose() => _directory.Dispose();

    private static TheoryData<int, string> Each(params string[] formats)
    {
        TheoryData<int, string> all = [];
        foreach (int seed in Fuzz.Seeds.Select(row => row.Data))
        {
            foreach (string format in formats)
            {
                all.Add(seed, format);
            }
        }

        return all;
    }

    private void AssertJudged(string told)
    {
        (JudgedTar? gnu, JudgedTar? python) = TarJudges.List(Archive)[0];
        TarListing ours = TarListing.Read(File.ReadAllBytes(Archive));

        Assert.InRange(ours.Entries.Count, Files / 3, int.MaxValue);
        TarJudges.AssertSame("GNU tar", gnu, ours, told);
        TarJudges.AssertSame("Python", python, ours, told);
    }

    // Makes files, directories, links and pipes at different depths, with names and contents that are hard to read.
    private void Make(Random random)
    {
        List<string> directories = [Directory.CreateDirectory(Top).FullName];
        List<string> files = [_directory.Write("top/first", "x")];
        for (int i = 0; i < Files; i++)
        {
            // Half of the files have names short enough for every format.
            bool isShort = i % 2 == 0;
            string directory = isShort ? Top : directories[random.Next(directories.Count)];
            string path = Path.Join(directory, $"{i}{Name(random, isShort ? 80 : 240)}");
            switch (random.Next(12))
            {
                case 0 or 1 or 2 when Path.GetRelativePath(Top, path).Length < 1000:
                    directories.Add(Directory.CreateDirectory(path).FullName);
                    break;
                case 3:
                    File.CreateSymbolicLink(path, "/nowhere/" + Name(random, 80));
                    break;
                case 4:
                    SystemTool.Output("ln", files[random.Next(files.Count)], path);
                    break;
                case 5 when isShort:
                    SystemTool.Output("mkfifo", path);
                    break;
                default:
                    File.WriteAllBytes(path, Content(random));
                    files.Add(path);
                    break;
            }
        }
    }

    private static string Name(Random random, int maxBytes)
    {
        string[] letters = ["a", "Z", "0", ".", "-", "_", " ", "'", "\"", "\\", "\n", "ü", "ß", "日", "😀"];
        StringBuilder name = new();
        for (int left = random.Next(maxBytes); left > 0;)
        {
            string letter = letters[random.Next(random.Next(2) == 0 ? 4 : letters.Length)];
            left -= Encoding.UTF8.GetByteCount(letter);
            name.Append(letter);
        }

        return name.ToString();
    }

    private static byte[] Content(Random random)
    {
        int[] sizes = [0, 1, 511, 512, 513, 1024, random.Next(5000), random.Next(70_000)];
        byte[] content = new byte[sizes[random.Next(sizes.Length)]];
        byte[] header = TarBuilder.Header("evil", 1 << 20, "xgLK05"[random.Next(6)]);
        switch (random.Next(3))
        {
            case 0:
                break;
            case 1:
                random.NextBytes(content);
                break;
            default:
                // The period of 513 bytes puts a header at each position within a block.
                for (int i = 0; i < content.Length; i++)
                {
                    content[i] = i % 513 == 512 ? (byte)' ' : header[i % 513];
                }

                break;
        }

        return content;
    }

    /// <summary>A stream of a header by GNU tar, content of any bytes, and the end.</summary>
    private sealed class LargeTar(byte[] start, long contentBytes, byte[] end) : MemoryStream
    {
        private readonly MemoryStream _start = new(start);
        private readonly MemoryStream _end = new(end);
        private long _contentLeft = contentBytes;

        public override int Read(Span<byte> buffer)
        {
            int count = _start.Read(buffer);
            if (count == 0 && _contentLeft > 0)
            {
                count = (int)Math.Min(buffer.Length, _contentLeft);
                _contentLeft -= count;
            }

            return count > 0 ? count : _end.Read(buffer);
        }
    }
}
