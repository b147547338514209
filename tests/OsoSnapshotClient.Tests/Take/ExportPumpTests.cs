using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Take;

public sealed class ExportPumpTests : IDisposable
{
    private const int Size = 3_000_017;
    private static readonly byte[] Archive = RandomNumberGenerator.GetBytes(Size);

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-copy-").FullName;
    private readonly List<int> _offsets = [];
    private int _cuts;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, "archive.tgz");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Through_cuts_the_copy_is_byte_equal_and_no_byte_is_sent_twice()
    {
        long sent = 0;
        await CopyAsync(rest =>
        {
            byte[] passed = rest[..Math.Max(1, rest.Length / 3)];
            sent += passed.Length;
            return Recording.Cut(passed);
        });

        Assert.Equal(Size, sent);
        Assert.Equal(_offsets.Count - 1, _cuts);
        Assert.InRange(_cuts, 10, 100);
        await AssertCopiedAsync();
    }

    [Fact]
    public async Task A_success_whose_end_is_missing_is_resumed()
    {
        await CopyAsync(rest => new(_offsets.Count < 3 ? rest[..1000] : rest, $"engine x\nbytes {Size}\n", 0));

        Assert.Equal([0, 1000, 2000], _offsets);
        Assert.Equal(2, _cuts);
        await AssertCopiedAsync();
    }

    [Fact]
    public async Task A_connection_that_stalls_is_given_up_and_resumed()
    {
        await CopyAsync(
            rest => _offsets.Count == 1 ? new(rest[..1000], string.Empty, 0) { LastsUntilKilled = true } : Recording.Cut(rest),
            TimeSpan.FromSeconds(2));

        Assert.Equal([0, 1000], _offsets);
        await AssertCopiedAsync();
    }

    [Fact]
    public async Task Another_run_fetches_only_what_its_partial_file_does_not_hold()
    {
        await Assert.ThrowsAsync<OperatorException>(
            () => CopyAsync(rest => Recording.Cut(rest[..(_offsets.Count == 1 ? 1_234_567 : 0)])));
        _offsets.Clear();

        await CopyAsync(rest => new(rest, string.Empty, 0));

        Assert.Equal([1_234_567], _offsets);
        await AssertCopiedAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Size - 1)]
    public async Task Never_more_than_the_size_is_taken(int before)
    {
        await CopyAsync(rest => _offsets.Count == 1 && before > 0
            ? Recording.Cut(rest[..before])
            : new([], string.Empty, 0) { Endless = () => new RepeatedStream(rest, "x"u8.ToArray(), []) });

        await AssertCopiedAsync();
    }

    [Fact]
    public async Task After_eight_attempts_without_a_byte_the_copy_is_given_up_with_their_reason()
    {
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => CopyAsync(_ => Recording.Cut([], "reset")));

        Assert.Equal("No byte came in 8 attempts: reset", told.Message);
        Assert.Contains("after 0 B", told.Remedy, StringComparison.Ordinal);
        Assert.Equal(8, _offsets.Count);
    }

    [Fact]
    public async Task A_single_byte_shows_that_it_goes_on()
    {
        await CopyAsync(rest => _offsets.Count >= 30 ? Recording.Cut(rest) : Recording.Cut(rest[..(_offsets.Count % 8 == 0 ? 1 : 0)]));

        Assert.Equal([1, 2, 3], _offsets.Distinct().Skip(1));
        await AssertCopiedAsync();
    }

    [Fact]
    public async Task A_refusal_by_the_cluster_is_tried_again_and_told_in_the_end()
    {
        await CopyAsync(rest => _offsets.Count < 8 ? Recording.Refused(500, "busy") : Recording.Cut(rest));
        await AssertCopiedAsync();
        System.IO.File.Delete(File + ".part");
        _offsets.Clear();

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => CopyAsync(_ => Recording.Refused(403, "pods \"p\" is forbidden")));

        Assert.Equal("No byte came in 8 attempts: pods \"p\" is forbidden", told.Message);
    }

    [Fact]
    public async Task What_the_agent_says_is_the_reason()
    {
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => CopyAsync(_ => new([], "engine x\n❌ no run holds\nan archive\u001b[2J\n", 3)));

        Assert.Equal("No byte came in 8 attempts: ❌ no run holds an archive [2J", told.Message);
    }

    [Fact]
    public async Task If_the_run_has_ended_meanwhile_its_end_is_told_at_once()
    {
        RunStatus ended = Recorded.Held with
        {
            End = new() { ExitStatus = 13, Message = "the hold ended", At = DateTimeOffset.UnixEpoch },
        };

        RunEndedException told = await Assert.ThrowsAsync<RunEndedException>(
            () => CopyAsync(_ => Recording.Cut([]), status: ended));

        Assert.Equal("The agent ended with status 13: the hold ended", told.Message);
        Assert.Single(_offsets);
    }

    [Fact]
    public async Task An_interruption_ends_a_connection_that_stalls()
    {
        using CancellationTokenSource interrupted = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CopyAsync(
            rest =>
            {
                interrupted.CancelAfter(50);
                return new(rest[..10], string.Empty, 0) { LastsUntilKilled = true };
            },
            interrupted: interrupted));

        Assert.Equal(10, new FileInfo(File + ".part").Length);
    }

    /// <param name="answer">Makes the answer from the bytes after the offset.</param>
    private async Task CopyAsync(
        Func<byte[], Recording> answer, TimeSpan? stall = null, RunStatus? status = null, CancellationTokenSource? interrupted = null)
    {
        RecordedExec exec = new RecordedExec().Follows(status ?? Recorded.Held).On("export", words =>
        {
            int offset = int.Parse(words[^1], CultureInfo.InvariantCulture);
            _offsets.Add(offset);
            return answer(Archive[offset..]);
        });
        await using AgentRun run = AgentRun.Follow(new(Recorded.Access(exec), Recorded.Agent), Recorded.Run);
        await run.WaitAsync(one => one.End?.Message == status?.End?.Message, Token);
        CopyOptions options = new()
        {
            Hold = "12h",
            Streams = 1,
            Stall = stall ?? TimeSpan.FromSeconds(60),
            Pause = TimeSpan.Zero,
        };
        using CopyOutput output = CopyOutput.Open(File);
        using PartFile part = output.OpenPart();
        ExportPump pump = new(run, options);
        await pump.RunAsync(
            offset => new(["--offset", offset.ToString(CultureInfo.InvariantCulture)]),
            part,
            Size,
            _ => part.DoneBytes == Size,
            interrupted?.Token ?? Token);
        _cuts = pump.Cuts;
    }

    private async Task AssertCopiedAsync() => Assert.Equal(Archive, await System.IO.File.ReadAllBytesAsync(File + ".part", Token));
}
