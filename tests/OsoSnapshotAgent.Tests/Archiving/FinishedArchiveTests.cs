using System.IO.Pipes;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Archiving;

public sealed class FinishedArchiveTests : IDisposable
{
    private readonly SampleData _sample = new();
    private readonly byte[] _archive = new byte[700_000];

    public FinishedArchiveTests()
    {
        new Random(1).NextBytes(_archive);
        File.WriteAllBytes(_sample.Data.Archive, _archive);
    }

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(262_143, 262_146)]
    [InlineData(699_999, 10)]
    [InlineData(700_000, 10)]
    public void The_bytes_asked_for_are_written_and_no_other(long offset, long length)
    {
        using MemoryStream output = new();

        long written = FinishedArchive.Copy(_sample.Data, output, offset, length);

        Assert.Equal(_archive.Skip((int)offset).Take((int)Math.Min(length, int.MaxValue)), output.ToArray());
        Assert.Equal(output.Length, written);
    }

    [Fact]
    public void An_offset_beyond_the_archive_is_refused() => Expect.Failure(
        () => FinishedArchive.Copy(_sample.Data, Stream.Null, 700_001, long.MaxValue), ExitStatus.Settings, "--offset is 700001, but ", "the copy is not of this archive");

    [Fact]
    public void An_archive_that_is_still_written_is_not_given_away()
    {
        File.Move(_sample.Data.Archive, _sample.PartialArchive);

        Expect.Failure(() => FinishedArchive.Copy(_sample.Data, Stream.Null, 0, 1), ExitStatus.Busy, "is still being written", "hold-for-copy");
    }

    [Fact]
    public void A_missing_archive_is_reported()
    {
        File.Delete(_sample.Data.Archive);

        Expect.Failure(() => FinishedArchive.Copy(_sample.Data, Stream.Null, 0, 1), ExitStatus.TargetUnreachable, "There is no archive ", "export --stream");
    }

    [Fact]
    public void A_reader_that_has_gone_is_told_as_such()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        using StandardOutput output = new(CancellationToken.None, Descriptor(pipe));
        pipe.DisposeLocalCopyOfClientHandle();

        Expect.Failure(() => output.Write(_archive), ExitStatus.ReaderGone, "went away after at most 0 bytes", "export --offset");
    }

    [Fact]
    public async Task A_reader_that_has_stopped_holds_the_writer_back_until_it_is_cancelled()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        using CancellationTokenSource stop = new();
        using StandardOutput output = new(stop.Token, Descriptor(pipe));
        Task writing = Task.Run(() => output.Write(_archive), TestContext.Current.CancellationToken);
        Assert.NotSame(writing, await Task.WhenAny(writing, Task.Delay(300, TestContext.Current.CancellationToken)));

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    [Fact]
    public async Task A_slow_reader_gets_every_byte()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        using AnonymousPipeClientStream reader = new(PipeDirection.In, pipe.ClientSafePipeHandle);
        using StandardOutput output = new(CancellationToken.None, Descriptor(pipe));
        Task writing = Task.Run(() => output.Write(_archive), TestContext.Current.CancellationToken);

        byte[] read = new byte[_archive.Length];
        await reader.ReadExactlyAsync(read, TestContext.Current.CancellationToken);

        await writing;
        Assert.Equal(_archive, read);
    }

    public void Dispose() => _sample.Dispose();

    private static int Descriptor(AnonymousPipeServerStream pipe) => (int)pipe.SafePipeHandle.DangerousGetHandle();
}
