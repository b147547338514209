using System.Diagnostics.CodeAnalysis;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Shows a container's log. A follower that breaks off starts from the beginning, and skips the lines already shown.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A source without a timer or a wait handle holds nothing that needs to be freed.")]
internal sealed class ContainerLog(PodAccess access, string container) : AgentLog(access)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    private readonly CancellationTokenSource _end = new();
    private Task _follower = Task.CompletedTask;
    private long _shown;

    public override void Follow() => _follower = Task.Run(FollowAsync);

    public override async Task StopAsync()
    {
        await _end.CancelAsync();
        await _follower;
    }

    public override Task CloseAsync() => StopAsync();

    // The follower may have missed the last lines.
    public override async Task ShowRestAsync(CancellationToken token)
    {
        await StopAsync();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(RestLimit);
        try
        {
            await ReadAsync(["logs", Access.Pod, "-c", container], limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The limit has passed. The lines read so far were shown.
        }
    }

    private async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                await ReadAsync(["logs", "-f", Access.Pod, "-c", container], _end.Token);
                await Task.Delay(Pause, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // StopAsync was called.
        }
    }

    private async Task ReadAsync(IReadOnlyList<string> arguments, CancellationToken token)
    {
        using IKubectlCall call = Access.Kubectl.Start(arguments);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using StreamReader lines = new(call.Output);
        Task<string> error = KubectlCalls.ReadErrorAsync(call.Error, call.Kill);
        long read = 0;
        await ShowAsync().WaitAsync(token);

        await error.WaitAsync(token);

        async Task ShowAsync()
        {
            await foreach (string line in BoundedLines.ReadAsync(lines))
            {
                token.ThrowIfCancellationRequested();
                if (++read > _shown)
                {
                    _shown++;
                    Show(line);
                }
            }
        }
    }
}
