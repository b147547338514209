using System.Diagnostics;
using System.Text.Json;
using OsoSnapshot.Formats;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// A pod as the cluster tells of each change. Where the operator may get pods but not watch them, it is asked for twice
/// a second.
/// </summary>
internal sealed class PodWatch(IKubectl kubectl, string pod) : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);

    // One that is refused ends at once; one that the API server ends has lasted for minutes.
    private static readonly TimeSpan MinWatch = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private readonly object _lock = new();
    private TaskCompletionSource _changed = NewSource();
    private Task? _pump;
    private Pod? _pod;
    private KubectlAnswer? _failure;

    /// <summary>Why the cluster says nothing; empty where it does.</summary>
    public string ProblemText => _failure?.ErrorText ?? string.Empty;

    /// <summary>Begins to watch.</summary>
    /// <returns>The pod as it is now; null where it can't be read.</returns>
    public async Task<(Pod? Pod, KubectlAnswer? Failure)> StartAsync(CancellationToken token)
    {
        _pump = Task.Run(PumpAsync, CancellationToken.None);
        while (true)
        {
            Task changed = NextChange();
            if (_pod is not null || _failure is not null)
            {
                return (_pod, _failure);
            }

            await changed.WaitAsync(token);
        }
    }

    /// <summary>Waits for a state of the pod.</summary>
    /// <param name="isReached">Sees the pod as it is and after each change.</param>
    /// <returns>False where it did not come in time.</returns>
    public async Task<bool> WaitAsync(Func<Pod, bool> isReached, TimeSpan limit, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            Task changed = NextChange();
            if (_pod is { } now && isReached(now))
            {
                return true;
            }

            TimeSpan left = limit - Stopwatch.GetElapsedTime(startedAt);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await Task.WhenAny(changed, Task.Delay(left, token)).WaitAsync(token);
        }
    }

    /// <summary>Asks anew, since a change may be told late.</summary>
    /// <returns>null where the pod can't be read; <see cref="ProblemText"/> says why.</returns>
    public async Task<Pod?> ReadAsync(CancellationToken token)
    {
        KubectlAnswer answer = await kubectl.RunAsync(["get", "pod", pod, "-o", "json"], token);
        if (!answer.IsSuccess)
        {
            Tell(null, answer);
            return null;
        }

        try
        {
            Pod now = Pod.Parse(answer.Output);
            Tell(now, null);
            return now;
        }
        catch (JsonException e)
        {
            Tell(null, new(1, string.Empty, $"kubectl's answer is no pod: {e.Message}"));
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await (_pump ?? Task.CompletedTask);
        _end.Dispose();
    }

    private async Task PumpAsync()
    {
        bool canWatch = true;
        while (!_end.IsCancellationRequested)
        {
            try
            {
                if (canWatch)
                {
                    long startedAt = Stopwatch.GetTimestamp();
                    await FollowAsync(_end.Token);
                    canWatch = Stopwatch.GetElapsedTime(startedAt) >= MinWatch;
                }
                else
                {
                    await Task.Delay(PollInterval, _end.Token);
                    await ReadAsync(_end.Token);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (OperatorException e)
            {
                Tell(null, new(1, string.Empty, e.Message));
                return;
            }
        }
    }

    private async Task FollowAsync(CancellationToken token)
    {
        using IKubectlCall call = kubectl.Start("get", "pod", pod, "-w", "-o", "json");
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        Task<string> error = call.Error.ReadToEndAsync(CancellationToken.None);
        try
        {
            // Whole objects, one after the other; each is there once its last brace arrives.
            await foreach (Pod? now in JsonSerializer.DeserializeAsyncEnumerable(
                call.Output, PodJson.Default.Pod, topLevelValues: true, token))
            {
                Tell(now, null);
            }
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            // It broke off.
        }

        call.Kill();
        int status = await call.EndAsync(token);
        KubectlAnswer answer = new(status, string.Empty, await error.WaitAsync(token));
        if (_pod is null)
        {
            Tell(null, answer);
        }
    }

    private void Tell(Pod? now, KubectlAnswer? failure)
    {
        lock (_lock)
        {
            _pod = now ?? _pod;
            _failure = failure;
            _changed.SetResult();
            _changed = NewSource();
        }
    }

    private Task NextChange()
    {
        lock (_lock)
        {
            return _changed.Task;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
