namespace OsoSnapshotClient.Kubectl;

/// <summary>Runs kubectl: the program, or in tests what it was recorded to answer.</summary>
internal interface IKubectl
{
    /// <summary>Starts it with nothing on its standard input.</summary>
    /// <param name="arguments">Without the global flags, which stand before each call's own.</param>
    IKubectlCall Start(params IReadOnlyList<string> arguments);
}

/// <summary>One run of kubectl.</summary>
internal interface IKubectlCall : IDisposable
{
    Stream Output { get; }

    TextReader Error { get; }

    /// <returns>Its exit status, which proves little: <c>kubectl exec</c> returns 0 for a broken stream.</returns>
    Task<int> EndAsync();

    /// <summary>Ends it at once, whatever it does; may be called from any thread, and again.</summary>
    void Kill();
}
