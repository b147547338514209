using System.Diagnostics;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>
/// Fetches bytes from the agent's <c>export</c> until all are there, through connections that break or stall. The exit
/// status proves nothing: the kubelet loses the end of large outputs and still says Success (kubernetes#124571).
/// </summary>
internal sealed class ExportPump(AgentRun run, CopyOptions options)
{
    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan ErrorLimit = TimeSpan.FromSeconds(5);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly RetryBackoff _backoff = new(run, options);

    /// <summary>How often a connection broke.</summary>
    public int Cuts { get; private set; }

    /// <summary>Fetches, and resumes where a connection broke.</summary>
    /// <param name="words">The arguments of <c>export</c> for an offset.</param>
    /// <param name="maxBytes">The size of the whole, if it is known; otherwise the largest number.</param>
    /// <param name="isComplete">Whether nothing is left to fetch, or nothing more can come.</param>
    /// <returns>The end of the last connection.</returns>
    /// <exception cref="OsoSnapshotCore.OperatorException">Too many connections brought nothing.</exception>
    public async Task<ExportEnd> RunAsync(
        Func<long, ExportRequest> words,
        ICopyTarget target,
        long maxBytes,
        Predicate<ExportEnd> isComplete,
        CancellationToken token)
    {
        int fruitless = 0;
        while (true)
        {
            ExportEnd end = await RunOnceAsync(words(target.DoneBytes), target, maxBytes, token);
            if (isComplete(end))
            {
                return end;
            }

            Cuts++;
            fruitless = end.Came > 0 ? 0 : fruitless + 1;
            if (fruitless > 0)
            {
                await _backoff.WaitAsync(
                    fruitless,
                    end.ErrorText,
                    $"the container waits ({options.Hold} at most): run the same command again to resume the copy after"
                    + $" {ByteSize.Format(target.DoneBytes)}",
                    token);
            }
        }
    }

    /// <summary>Fetches with one connection.</summary>
    public async Task<ExportEnd> RunOnceAsync(
        ExportRequest request, ICopyTarget target, long maxBytes, CancellationToken token)
    {
        IRemoteProcess process;
        try
        {
            process = await run.Agent.StartAsync(["export", "--until-input-ends", .. request.Words], token);
        }
        catch (ClusterException e)
        {
            return new(0, null, e.Message);
        }

        await using IRemoteProcess closed = process;
        using SilenceLimit silence = new(process, options.Stall, token, request.FirstByteLimit);
        Task<string> error = RemoteText.ReadAsync(process.Error);
        long came = await PumpAsync(process.Output, target, maxBytes, silence);
        token.ThrowIfCancellationRequested();
        if (target.DoneBytes == maxBytes)
        {
            return new(came, 0, string.Empty);
        }

        await Task.WhenAny(Task.WhenAll(error, process.Ended), Task.Delay(ErrorLimit, token));
        process.Kill();
        RemoteEnd end = await process.Ended.WaitAsync(token);
        string told = error.IsCompletedSuccessfully ? await error : string.Empty;
        return ExportEnd.Parse(told, new(came, end.ExitCode, end.Problem));
    }

    private async Task<long> PumpAsync(
        Stream source, ICopyTarget target, long maxBytes, SilenceLimit silence)
    {
        long came = 0;
        long heardAt = Stopwatch.GetTimestamp();
        try
        {
            int count;
            while (target.DoneBytes < maxBytes && (count = await source.ReadAsync(
                _buffer.AsMemory(0, (int)Math.Min(BufferBytes, maxBytes - target.DoneBytes)))) > 0)
            {
                if (Stopwatch.GetElapsedTime(heardAt) > options.Stall / 4)
                {
                    heardAt = Stopwatch.GetTimestamp();
                    silence.Heard();
                }

                target.Write(_buffer.AsSpan(0, count));
                came += count;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection broke: the end of the process says why.
        }

        return came;
    }
}

/// <summary>One call of <c>export</c>.</summary>
/// <param name="Words">Its arguments.</param>
/// <param name="FirstByteLimit">How much longer than the later ones the first byte may take.</param>
internal readonly record struct ExportRequest(IReadOnlyList<string> Words, TimeSpan FirstByteLimit = default);
