namespace OsoSnapshotClient.Kubectl;

/// <summary>Runs kubectl. Tests answer with recorded output instead.</summary>
internal interface IKubectl
{
    /// <summary>Starts kubectl with an empty standard input.</summary>
    /// <param name="arguments">The arguments without the global flags, which each call gets before its own.</param>
    IKubectlCall Start(params IReadOnlyList<string> arguments);
}

/// <summary>One run of kubectl.</summary>
internal interface IKubectlCall : IDisposable
{
    Stream Output { get; }

    TextReader Error { get; }

    /// <returns>The exit status, which proves little: <c>kubectl exec</c> returns 0 for a broken stream.</returns>
    Task<int> EndAsync();

    /// <summary>Kills kubectl at once; may be called from any thread, and again.</summary>
    void Kill();
}
