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

    [Theory]
    [InlineData("4000000", Bytes, Bytes)]
    [InlineData("400000", 0, WindowBytes)]
    [InlineData(null, 0, WindowBytes)]
    public void What_it_has_read_stays_cached_where_memory_is_free_and_only_there(string? freeKibibytes, long min, long max)
    {
        Assert.SkipWhen(SystemTool.Output("stat", "--file-system", "--format=%T", _directory.Root).Trim() == "tmpfs", "tmpfs has no cache to drop");
        FreeMemory? memory = freeKibibytes is null ? null : new(
            path => path == "/proc/meminfo" ? $"MemTotal: 4000000 kB\nMemFree: {freeKibibytes} kB\n" : path.EndsWith("max", StringComparison.Ordinal) ? "max" : null,
            path => path.EndsWith("max", StringComparison.Ordinal) ? "max" : null);
        string path = _directory.Write("archive", new byte[Bytes]);
        WrittenBytes written = new();
        written.Advance(Bytes);
        written.Complete();
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);

        using ArchiveFollower follower = new(file.SafeFileHandle, written, memory);
        follower.CopyTo(Stream.Null);

        string cached = SystemTool.Output("fincore", "--bytes", "--noheadings", "--output", "RES", path);
        Assert.InRange(long.Parse(cached, CultureInfo.InvariantCulture), min, max);
    }

    public void Dispose() => _directory.Dispose();
}
