namespace OsoSnapshotClient.Kubectl;

/// <summary>What is done with kubectl in more than one place.</summary>
internal static class KubectlCalls
{
    // 128 + SIGHUP, SIGINT, SIGTERM.
    private static readonly int[] SignalStatuses = [129, 130, 143];
    private static readonly TimeSpan SignalDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits for its end. A signal of the terminal ends kubectl too, perhaps before this process hears of it: such an
    /// end is no answer of the cluster.
    /// </summary>
    /// <returns>Its exit status.</returns>
    /// <exception cref="OperationCanceledException">The signal has arrived here.</exception>
    public static async Task<int> EndAsync(this IKubectlCall call, CancellationToken token)
    {
        int status = await call.EndAsync().WaitAsync(token);
        if (SignalStatuses.Contains(status))
        {
            await Task.Delay(SignalDelay, token);
        }

        return status;
    }

    /// <summary>Runs it to its end and keeps what it prints.</summary>
    public static async Task<KubectlAnswer> RunAsync(
        this IKubectl kubectl, IReadOnlyList<string> arguments, CancellationToken token)
    {
        using IKubectlCall call = kubectl.Start(arguments);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using StreamReader output = new(call.Output);

        // A child of kubectl's that outlives it may hold the pipes: nobody waits for that after a signal.
        Task<string> error = call.Error.ReadToEndAsync(CancellationToken.None);
        string text = await output.ReadToEndAsync(CancellationToken.None).WaitAsync(token);
        return new(await call.EndAsync(token), text, await error.WaitAsync(token));
    }
}
