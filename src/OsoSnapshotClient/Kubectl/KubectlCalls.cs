namespace OsoSnapshotClient.Kubectl;

/// <summary>Steps with kubectl that are needed in several places.</summary>
internal static class KubectlCalls
{
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
        return new(await call.EndAsync().WaitAsync(token), text, await error.WaitAsync(token));
    }
}
