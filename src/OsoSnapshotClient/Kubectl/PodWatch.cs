using System.Diagnostics;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// Follows the changes of a pod. If the operator may get pods but not watch them, the watch reads the pod twice a
/// second.
/// </summary>
internal sealed class PodWatch(IKubectl kubectl, string pod) : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);

    // A watch that is refused ends at once. A watch that the API server ends has lasted for minutes.
    private static readonly TimeSpan MinWatch = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private readonly object _lock = new();
    private TaskCompletionSource _changed = NewSource();
    private Task? _pump;
    private Pod? _pod;
    private KubectlAnswer? _failure;

    /// <summary>Why the pod can't be read; empty if it can.</summary>
    public string ProblemText => _failure?.ErrorText ?? string.Empty;

    /// <summary>Starts the watch.</summary>
    /// <returns>The pod as it is now; null and the failure if it can't be read.</returns>
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

    /// <summary>Waits until the pod reaches a state.</summary>
    /// <param name="isReached">Gets the pod as it is now, and after each change.</param>
    /// <returns>False if the limit passed before.</returns>
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

    /// <summary>Reads the pod now, because the watch may report a change late.</summary>
    /// <returns>null if the pod can't be read; <see cref="ProblemText"/> says why.</returns>
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
            Tell(null, new(1, string.Empty, NoPod(e)));
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
        string[] arguments = ["get", "pod", pod, "-w", "-o", "json"];
        using IKubectlCall call = kubectl.Start(arguments);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        await using ObjectStream objects = new(call.Output, arguments);
        Task<string> error = KubectlCalls.ReadErrorAsync(call.Error, call.Kill);
        string? problem = null;
        try
        {
            // kubectl prints whole objects, one after the other. Each is read when its last brace arrives.
            await foreach (Pod? now in JsonSerializer.DeserializeAsyncEnumerable(
                objects, PodJson.Default.Pod, topLevelValues: true, token))
            {
                objects.Reset();
                Tell(now, null);
            }
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            // The watch broke off.
            problem = e is JsonException ? NoPod(e) : null;
        }

        call.Kill();
        int status = await call.EndAsync().WaitAsync(token);
        string told = await error.WaitAsync(token);
        if (_pod is null)
        {
            Tell(null, new(status, string.Empty, KubectlAnswer.TextOf(told).Length > 0 ? told : problem ?? told));
        }
    }

    private static string NoPod(Exception e) => $"kubectl's answer is no pod: {Printable.Short(e.Message)}";

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
