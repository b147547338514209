namespace OsoSnapshotClient.Cluster;

/// <summary>Starts commands in the containers of one pod.</summary>
internal interface IRemoteExec
{
    /// <param name="command">The program and its arguments. No shell reads them.</param>
    /// <returns>The command, once the cluster has accepted it.</returns>
    /// <exception cref="ClusterException">The cluster refuses it: no right, no such container, or it does not run yet.
    /// </exception>
    Task<IRemoteProcess> StartAsync(string container, IReadOnlyList<string> command, CancellationToken token);
}

/// <summary>A command in a container.</summary>
internal interface IRemoteProcess : IAsyncDisposable
{
    /// <summary>Its standard input. To close it does not end it: no message may end by the end of the input.</summary>
    Stream Input { get; }

    /// <summary>
    /// It ends without an exception, also where the connection breaks. Both streams must be read: a full one stops the
    /// other.
    /// </summary>
    Stream Output { get; }

    Stream Error { get; }

    /// <summary>Completes when the command has ended or the connection has broken. It never fails.</summary>
    Task<RemoteEnd> Ended { get; }

    /// <summary>Closes the connection at once; may be called from any thread, and again.</summary>
    void Kill();
}

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">Its exit status; null if the connection broke before the cluster reported one.</param>
/// <param name="Problem">Why the connection broke, or what the cluster says about a failure; otherwise empty.</param>
internal sealed record RemoteEnd(int? ExitCode, string Problem)
{
    /// <summary>
    /// The cluster's refusal, which newer API servers report only after they have accepted the connection: no such
    /// container, or it does not run yet. null if the command ran, or if nobody knows.
    /// </summary>
    public ClusterException? Refusal { get; init; }
}
