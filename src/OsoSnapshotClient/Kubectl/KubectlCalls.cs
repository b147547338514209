namespace OsoSnapshotClient.Kubectl;

/// <summary>What is done with kubectl in more than one place.</summary>
internal static class KubectlCalls
{
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
        return new(await call.EndAsync().WaitAsync(token), text, await error.WaitAsync(token));
    }
}
