using System.Diagnostics.CodeAnalysis;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Shows what a container prints, line by line. A follower that breaks off starts from the beginning: what was shown is
/// left out.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A source without a timer or a wait handle holds nothing that needs to be freed.")]
internal sealed class AgentLog(PodAccess access, string container)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _holds = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _follower = Task.CompletedTask;
    private int _shown;

    /// <summary>Complete once the agent has printed that it holds for the copy.</summary>
    public Task Holds => _holds.Task;

    public void Follow() => _follower = Task.Run(FollowAsync);

    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _follower;
    }

    /// <summary>The whole log once the container has ended: the follower may have missed the end.</summary>
    public async Task ShowRestAsync(CancellationToken token)
    {
        await StopAsync();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(RestLimit);
        try
        {
            await ReadAsync(["logs", access.Pod, "-c", container], limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // It has no more to say than what was shown.
        }
    }

    private async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                await ReadAsync(["logs", "-f", access.Pod, "-c", container], _end.Token);
                await Task.Delay(Pause, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task ReadAsync(IReadOnlyList<string> arguments, CancellationToken token)
    {
        using IKubectlCall call = access.Kubectl.Start(arguments);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using StreamReader lines = new(call.Output);
        Task<string> error = call.Error.ReadToEndAsync(CancellationToken.None);
        int read = 0;
        while (await lines.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(token) is { } line)
        {
            if (++read <= _shown)
            {
                continue;
            }

            _shown++;
            access.Report.Log(line);
            if (line.Contains("(OSO_SNAPSHOT_HOLD)", StringComparison.Ordinal))
            {
                _holds.TrySetResult();
            }
        }

        await error.WaitAsync(token);
    }
}
