using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Sends a run the blocks that its server lacks, through connections that break.</summary>
internal sealed class BlockDelivery(AgentRun run, IBlockSource source, RestoreRequest request, CopyOptions options)
{
    /// <summary>How a later command continues.</summary>
    public const string Again = "run the same command again: blocks that are back stay, and the others are sent";

    private const int MaxNotes = 20;

    private readonly RetryBackoff _backoff = new(run, options);
    private long _sentBytes;
    private bool _isPlanTold;

    /// <summary>How many blocks are back.</summary>
    public int Back { get; private set; }

    /// <summary>Sends until nothing is missing. The run then waits for the server.</summary>
    /// <exception cref="RunEndedException">The run refuses what is asked, or a block.</exception>
    /// <exception cref="OperatorException">The source is damaged, or too many connections brought nothing.</exception>
    public async Task RunAsync(CancellationToken token)
    {
        int fruitless = 0;
        while (true)
        {
            int before = Back;
            string problem;
            try
            {
                await ConverseAsync(token);
                return;
            }
            catch (Exception e) when (e is DeliveryBrokenException or ClusterException)
            {
                problem = e.Message;
            }

            // Only a whole block counts: a part of one is sent again, as is the request of each connection.
            fruitless = Back > before ? 1 : fruitless + 1;
            try
            {
                await _backoff.WaitAsync(fruitless, problem, Again, token);
            }
            catch (RunEndedException e) when (e.End is { ExitStatus: 0 } && !request.IsDryRun)
            {
                // The server has all blocks. The container took its last answer along.
                return;
            }
        }
    }

    private async Task ConverseAsync(CancellationToken token)
    {
        await using IRemoteProcess process = await run.Agent.StartAsync(["receive"], token);
        using SilenceLimit silence = new(process, options.Stall, token);
        await using Answers answers = new(process, silence, run);
        CommandInput input = new(process.Input, Sent, token);
        input.Write(ControlJson.Line(request, ControlJson.Default.RestoreRequest));
        await Task.Run(input.Send, token);
        IReadOnlyList<PlannedBlock> plan = (await answers.NextAsync()).Plan ?? throw AgentAnswers.Unreadable("no plan");
        Tell(plan);
        HashSet<string> wanted = [.. plan.Where(block => block.IsToSend).Select(block => block.Ulid)];
        if (wanted.Count == 0 || request.IsDryRun)
        {
            return;
        }

        long total = ByteSize.Sum(
            source.Blocks.Where(block => wanted.Contains(block.Ulid)).Select(block => block.Bytes));
        Sink sink = new(input, answers, () => Back++, Sent);
        await CopyProgress.ShowAsync(
            run.Agent.Access.Report,
            $"{(source.IsFetched ? "the pod fetches" : "sending")} {Plural.Of(wanted.Count, "block")}"
            + $" of {ByteSize.Format(total)} unpacked",
            () => Interlocked.Read(ref _sentBytes),
            total: null,
            () => Task.Run(() => source.Send(wanted, sink, token), token));

        void Sent(long bytes)
        {
            silence.Heard();
            Interlocked.Add(ref _sentBytes, bytes);
        }
    }

    private void Tell(IReadOnlyList<PlannedBlock> plan)
    {
        if (_isPlanTold)
        {
            return;
        }

        _isPlanTold = true;
        int there = plan.Count(block => block.Fate == BlockFates.There);
        int come = plan.Count(block => block.IsToSend);
        run.Agent.Access.Report.Say(
            $"{Plural.Of(plan.Count, "block")} in {source.Name}: {come} to restore, {there} there already,"
            + $" {plan.Count - come - there} left out");
        foreach (PlannedBlock block in plan.Where(block => block.Note is not null).Take(MaxNotes))
        {
            run.Agent.Access.Report.Say($"  {block.Ulid} {block.Note}");
        }
    }

    /// <summary>Reads the run's answers, while the run may be silent for long.</summary>
    private sealed class Answers : IAsyncDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        private readonly IRemoteProcess _process;
        private readonly SilenceLimit _silence;
        private readonly AgentRun _run;
        private readonly Task<string> _error;
        private readonly IAsyncEnumerator<string> _lines;

        public Answers(IRemoteProcess process, SilenceLimit silence, AgentRun run)
        {
            (_process, _silence, _run) = (process, silence, run);
            _error = RemoteText.ReadAsync(process.Error);
            StreamReader output = new(process.Output);
            _lines = BoundedLines.ReadAsync(output, RestoreRequest.MaxBytes).GetAsyncEnumerator();
        }

        /// <param name="isFetching">Whether the agent answers every second.</param>
        /// <exception cref="DeliveryBrokenException">No answer came.</exception>
        public async Task<RestoreEvent> NextAsync(bool isFetching = false)
        {
            Task<bool> next = _lines.MoveNextAsync().AsTask();
            while (await Task.WhenAny(next, Task.Delay(Interval)) != next && _run.End is null)
            {
                // The agent reads a block again, or writes it to a slow disk. The run tells that it is alive.
                if (!isFetching)
                {
                    _silence.Heard();
                }
            }

            if (_run.End is not null && !next.IsCompleted)
            {
                _process.Kill();
            }

            if (!await next)
            {
                string error = await _error;
                throw new DeliveryBrokenException(error.Length > 0 ? error : (await _process.Ended).Problem);
            }

            RestoreEvent answer = AgentAnswers.Parse(_lines.Current, ControlJson.Default.RestoreEvent);
            return answer switch
            {
                { Problem: { } problem } => throw new DeliveryBrokenException(problem),
                _ when answer.Plan?.All(IsValid) == false || answer.FetchedBytes < 0 =>
                    throw AgentAnswers.Unreadable(_lines.Current),
                _ => answer,
            };
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            try
            {
                await _lines.DisposeAsync();
            }
            catch (NotSupportedException)
            {
                // A line was being read: it ends with the process.
            }
        }

        private static bool IsValid(PlannedBlock block) =>
            block is not null && BlockId.TryParse(block.Ulid, out _) && BlockFates.IsKnown(block.Fate);
    }

    private sealed class Sink(CommandInput input, Answers answers, Action isBack, Action<long> came) : IBlockSink
    {
        // An address may have become too old while the agent read from it.
        private const int MaxAddresses = 2;

        private string _block = string.Empty;

        public string? Fetch(BlockId block, long fileBytes, Func<string> sign)
        {
            long fetched = 0;
            int fruitless = 0;
            while (true)
            {
                SentBlock line = new() { Ulid = block.Text, Url = sign(), FileBytes = fileBytes };
                input.Write(ControlJson.Line(line, ControlJson.Default.SentBlock));
                input.Send();
                (RestoreEvent answer, long now) = AwaitFetched(fetched, fileBytes);
                if (answer.Unreached is not { } problem)
                {
                    RequireBack(answer, block.Text);
                    return null;
                }

                fruitless = now > fetched ? 1 : fruitless + 1;
                fetched = now;
                if (fruitless == MaxAddresses)
                {
                    return problem;
                }
            }
        }

        public Stream Begin(BlockId block)
        {
            _block = block.Text;
            input.Write(ControlJson.Line(new() { Ulid = _block }, ControlJson.Default.SentBlock));
            return new FrameWriter(input);
        }

        public void Finish()
        {
            new FrameWriter(input).End();
            input.Send();
            RequireBack(answers.NextAsync().GetAwaiter().GetResult(), _block);
        }

        /// <returns>The first answer that tells more than progress, and how many bytes came.</returns>
        private (RestoreEvent Answer, long Fetched) AwaitFetched(long fetched, long fileBytes)
        {
            while (true)
            {
                RestoreEvent answer = answers.NextAsync(isFetching: true).GetAwaiter().GetResult();
                long now = Math.Clamp(answer.FetchedBytes ?? fetched, fetched, fileBytes);
                came(now - fetched);
                fetched = now;
                if (answer is { FetchedBytes: null } or { Unreached: not null })
                {
                    return (answer, fetched);
                }
            }
        }

        private void RequireBack(RestoreEvent answer, string block)
        {
            if (answer.Back != block)
            {
                throw AgentAnswers.Unreadable(answer.Back ?? string.Empty);
            }

            isBack();
        }
    }
}
