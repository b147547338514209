using System.Globalization;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class ArchiveFollowerTests : IDisposable
{
    private const int Bytes = 32 * 1024 * 1024;
    private const int WindowBytes = 8 * 1024 * 1024;

    private readonly TempDirectory _directory = new();

    [Fact]
    public void What_it_has_read_leaves_the_cache()
    {
        Assert.SkipWhen(SystemTool.Output("stat", "--file-system", "--format=%T", _directory.Root).Trim() == "tmpfs", "tmpfs has no cache to drop");
        string path = _directory.Write("archive", new byte[Bytes]);
        WrittenBytes written = new();
        written.Advance(Bytes);
        written.Complete();
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);

        using ArchiveFollower follower = new(file.SafeFileHandle, written);
        follower.CopyTo(Stream.Null);

        string cached = SystemTool.Output("fincore", "--bytes", "--noheadings", "--output", "RES", path);
        Assert.InRange(long.Parse(cached, CultureInfo.InvariantCulture), 0, WindowBytes);
    }

    public void Dispose() => _directory.Dispose();
}
