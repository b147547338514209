using System.Globalization;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>Tests the writer. The system's tar and Python's tarfile judge.</summary>
public sealed class TarEntryWriterTests : IDisposable
{
    private const string ReadWithPython = """
        import json, sys, tarfile
        with tarfile.open(sys.argv[1], errorlevel=2) as tar:
            print(json.dumps([[e.name, e.isdir(), e.size, e.uid, e.gid, e.uname, e.gname, e.mode, int(e.mtime)] for e in tar]))
        """;

    private readonly TempDirectory _directory = new();

    [Theory]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(107)]
    [InlineData(256)]
    [InlineData(900)]
    public void Keeps_a_name_of_any_length(int length)
    {
        string name = "snapshots/" + new string('x', length - 10);

        AssertRead(Status(), name);
        AssertRead(Status() with { Mode = 0x41ED, SizeBytes = 4096 }, name[..^1] + "/");
    }

    [Theory]
    [InlineData("snapshots/größe/日本語/😀")]
    [InlineData("snapshots/with space and 'quotes'")]
    [InlineData("snapshots/\"back\\slash")]
    public void Keeps_a_name_of_any_letters(string name) => AssertRead(Status(), name);

    [Fact]
    public void Keeps_a_long_name_of_letters_that_take_several_bytes() => AssertRead(Status(), "snapshots/" + string.Concat(Enumerable.Repeat("ü", 99)));

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(65534u, 65534u)]
    [InlineData(2_097_151u, 2_097_151u)]
    [InlineData(2_097_152u, 1000u)]
    [InlineData(1000u, 2_097_152u)]
    [InlineData(1_000_680_000u, 1_000_680_000u)]
    [InlineData(2_147_483_648u, 4_294_967_294u)]
    public void Keeps_owner_and_group_of_any_number(uint user, uint group) =>
        AssertRead(Status() with { UserId = user, GroupId = group }, "snapshots/file");

    [Fact]
    public void Keeps_a_directory_s_owner_and_group_of_any_number() =>
        AssertRead(Status() with { Mode = 0x41ED, SizeBytes = 4096, UserId = 1_000_680_000, GroupId = 4_294_967_294 }, "snapshots/directory/");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(100_000)]
    public void Keeps_a_size_and_what_comes_after_it(int size) => AssertRead(Status() with { SizeBytes = size }, "snapshots/file");

    [Theory]
    [InlineData(0x1FFFFFFFFL)]
    [InlineData(0x200000000L)]
    [InlineData(5_000_000_000_000L)]
    public void States_a_size_over_8_GiB_in_the_header(long size)
    {
        string path = _directory.PathOf("large.tar");
        using (FileStream file = File.Create(path))
        using (TarEntryWriter tar = new(file))
        {
            // The archive is never finished, because only the header is judged.
            tar.Start(Attributes("snapshots/large", Status() with { SizeBytes = size }));
            tar.Write(new byte[64 * 1024]);
        }

        string listing = SystemTool.Run("tar", "--numeric-owner", "-tvf", path).Output;

        Assert.Contains($" {size.ToString(CultureInfo.InvariantCulture)} 2025-08-20 16:51 snapshots/large", listing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x81A4)]
    [InlineData(0x8DED)]
    [InlineData(0x8000)]
    [InlineData(0x8FFF)]
    public void Keeps_permissions_with_setuid_setgid_and_sticky(int mode) => AssertRead(Status() with { Mode = mode }, "snapshots/file");

    [Theory]
    [InlineData(-86_400)]
    [InlineData(0)]
    [InlineData(0x7FFFFFFF)]
    [InlineData(4_102_444_800)]
    public void Keeps_the_time(long seconds) =>
        AssertRead(Status() with { ModifiedAt = DateTimeOffset.FromUnixTimeSeconds(seconds) }, "snapshots/file");

    [Fact]
    public void Names_owner_and_group_where_the_target_knows_them()
    {
        AssertRead(Status() with { UserId = 7, GroupId = 7 }, "snapshots/file", user: "prom", group: "monitoring");
        AssertRead(Status() with { UserId = 8, GroupId = 8 }, "snapshots/file", user: "", group: "");
    }

    public void Dispose() => _directory.Dispose();

    private static FileStatus Status() => new()
    {
        Mode = 0x81A4,
        LinkCount = 1,
        UserId = 1000,
        GroupId = 2000,
        SizeBytes = 10,
        AllocatedBytes = 0,
        ModifiedAt = ManualTime.Start,
        Identity = default,
    };

    private TarEntryAttributes Attributes(string name, FileStatus status) => ArchiveWriter.Attributes(new(name, status), Names());

    private AccountNames Names()
    {
        // The second name is one byte too long for the header's field.
        _directory.Write("root/etc/passwd", $"prom:x:7:7::/:/bin/sh\n{new string('u', 32)}:x:8:8::/:/bin/sh\nbroken\n");
        _directory.Write("root/etc/group", $"monitoring:x:7:\n{new string('g', 32)}:x:8:\n");
        return new(ContainerRoot.OpenOf(_directory.Root).TryReadStart);
    }

    private void AssertRead(FileStatus status, string name, string user = "", string group = "")
    {
        string path = _directory.PathOf("entries.tar");
        using (FileStream file = File.Create(path))
        using (TarEntryWriter tar = new(file))
        {
            tar.Start(Attributes(name, status));
            tar.Write(status.IsDirectory ? [] : new byte[status.SizeBytes]);
            tar.Finish();
            tar.Start(Attributes("snapshots/after", Status()));
            tar.Write("0123456789"u8);
            tar.Finish();
        }

        string python = SystemTool.Output("python3", "-S", "-E", "-c", ReadWithPython, path);
        object[] entry =
        [
            name.TrimEnd('/'), status.IsDirectory, status.IsDirectory ? 0 : status.SizeBytes, status.UserId, status.GroupId,
            user, group, status.Permissions, status.ModifiedAt.ToUnixTimeSeconds(),
        ];
        object[] after = ["snapshots/after", false, 10, 1000, 2000, "", "", 0x1A4, ManualTime.Start.ToUnixTimeSeconds()];
        Assert.Equal(JsonSerializer.Serialize(new[] { entry, after }), JsonSerializer.Serialize(JsonDocument.Parse(python).RootElement));

        string[] listing = SystemTool.Output("tar", "--numeric-owner", "--quoting-style=literal", "-tvf", path).Split('\n');
        Assert.EndsWith(" " + name, listing[0], StringComparison.Ordinal);
        Assert.Contains($" {status.UserId}/{status.GroupId} ", listing[0], StringComparison.Ordinal);
        Assert.EndsWith(" snapshots/after", listing[1], StringComparison.Ordinal);
    }
}
