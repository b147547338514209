namespace OsoSnapshotClient.Kubectl;

/// <summary>Steps with kubectl that are needed in several places.</summary>
internal static class KubectlCalls
{
    public static readonly TimeSpan SignalDelay = TimeSpan.FromSeconds(1);

    // 128 + SIGHUP, SIGINT, SIGTERM; STATUS_CONTROL_C_EXIT of Windows.
    private static readonly int[] SignalStatuses = [129, 130, 143, unchecked((int)0xC000013A)];

    /// <summary>
    /// Waits until kubectl has ended. A signal from the terminal ends kubectl too, perhaps before this process gets it;
    /// that end is no answer of the cluster.
    /// </summary>
    /// <returns>kubectl's exit status.</returns>
    /// <exception cref="OperationCanceledException">This process got the signal too.</exception>
    public static async Task<int> EndAsync(this IKubectlCall call, CancellationToken token)
    {
        int status = await call.EndAsync().WaitAsync(token);
        if (SignalStatuses.Contains(status))
        {
            await Task.Delay(SignalDelay, token);
        }

        return status;
    }

    /// <summary>Runs kubectl to its end, and keeps what it prints.</summary>
    public static async Task<KubectlAnswer> RunAsync(
        this IKubectl kubectl, IReadOnlyList<string> arguments, CancellationToken token)
    {
        using IKubectlCall call = kubectl.Start(arguments);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using StreamReader output = new(call.Output);

        // A child process that outlives kubectl may keep the pipes open: after a signal nothing waits for them.
        Task<string> error = call.Error.ReadToEndAsync(CancellationToken.None);
        string text = await output.ReadToEndAsync(CancellationToken.None).WaitAsync(token);
        return new(await call.EndAsync(token), text, await error.WaitAsync(token));
    }
}
