using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Copy;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Copy;

public sealed class ArchiveCopierTests : IDisposable
{
    private const int Size = 70 * 1024 * 1024;
    private static readonly byte[] Archive = RandomNumberGenerator.GetBytes(Size);

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-copy-").FullName;
    private readonly List<(long Offset, long Length)> _asked = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, "archive.tgz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Through_cuts_in_every_range_the_copy_is_byte_equal(int streams)
    {
        int cuts = 0;
        await CopyAsync(streams, length => Interlocked.Increment(ref cuts) % 3 == 0 ? length : length / 3);

        Assert.Equal(Archive, await System.IO.File.ReadAllBytesAsync(File + ".part", Token));
    }

    [Fact]
    public async Task Only_a_broken_range_is_resumed_and_no_byte_is_sent_twice()
    {
        long came = 0;
        await CopyAsync(4, length =>
        {
            long passed = Interlocked.Read(ref came) == 0 ? length / 2 : length;
            Interlocked.Add(ref came, passed);
            return passed;
        });

        Assert.Equal(Size, came);
    }

    [Fact]
    public async Task Another_run_fetches_only_what_its_note_does_not_hold()
    {
        int calls = 0;
        await Assert.ThrowsAsync<OperatorException>(
            () => CopyAsync(4, length => Interlocked.Increment(ref calls) <= 3 ? length : 0));
        using DirectoryHandle directory = DirectoryHandle.Open(Path.GetDirectoryName(File)!);
        string? ranges = ResumePoint.Read(directory, Path.GetFileName(File) + ".part.state").Ranges;
        long held = ranges is null ? 0 : ByteRanges.Parse(ranges)!.Total;
        Assert.NotEqual(0, held);
        long fetched = 0;

        await CopyAsync(4, length =>
        {
            Interlocked.Add(ref fetched, length);
            return length;
        });

        Assert.Equal(Size - held, fetched);
        Assert.Equal(Archive, await System.IO.File.ReadAllBytesAsync(File + ".part", Token));
    }

    [Fact]
    public async Task One_connection_copies_alone_until_it_is_found_slow()
    {
        await CopyAsync(4, length => length, trial: TimeSpan.FromHours(1));

        Assert.Equal([(0L, (long)Size)], _asked);
        Assert.Equal(Archive, await System.IO.File.ReadAllBytesAsync(File + ".part", Token));
    }

    /// <param name="passes">How many of the requested bytes arrive before the connection breaks.</param>
    private async Task CopyAsync(int streams, Func<long, long> passes, TimeSpan trial = default)
    {
        string pod = Recorded.PodWith("""{"running": {"startedAt": "2026-11-21T09:16:50Z"}}""");
        RecordedKubectl kubectl = new RecordedKubectl()
            .On("get pod", _ => new(Encoding.UTF8.GetBytes(pod), string.Empty, 0))
            .On("exec", words => Export(words, passes));
        await using PodWatch watch = new(kubectl, Recorded.Pod);
        AgentContainer agent = new(Recorded.Access(kubectl), watch, Recorded.Agent, string.Empty);
        CopyOptions options = new()
        {
            ChunkBytes = 256 * 1024 * 1024,
            Streams = streams,
            Trial = trial,
            Stall = TimeSpan.FromSeconds(60),
            Pause = TimeSpan.Zero,
        };
        using CopyOutput output = CopyOutput.Open(File);
        output.Note.Container = Recorded.Agent;
        output.SaveNote();
        using PartFile part = PartFile.Open(output);
        await new ArchiveCopier(agent, "12h", options).CopyAsync(part, Size, Token);
    }

    private Recording Export(IReadOnlyList<string> words, Func<long, long> passes)
    {
        long offset = Number(words, "--offset")!.Value;
        long length = Number(words, "--length")!.Value;
        long every = Number(words, "--every") ?? Size;
        List<byte> bytes = [];
        for (long start = offset; start < Size; start += every)
        {
            bytes.AddRange(Archive.AsSpan((int)start, (int)Math.Min(length, Size - start)));
        }

        lock (_asked)
        {
            _asked.Add((offset, bytes.Count));
        }

        // A broken stream may end with status 0.
        return new([.. bytes.Take((int)passes(bytes.Count))], string.Empty, 0);
    }

    private static long? Number(IReadOnlyList<string> words, string option)
    {
        int position = words.ToList().IndexOf(option);
        return position < 0 ? null : long.Parse(words[position + 1], CultureInfo.InvariantCulture);
    }
}
