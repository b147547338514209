namespace OsoSnapshotClient.Cluster;

/// <summary>The ways to a command in a container.</summary>
internal enum ExecWay
{
    /// <summary>WebSocket, if it can be used; otherwise kubectl.</summary>
    Auto,

    /// <summary>A WebSocket to the API server, which needs the right to get pods/exec besides to create it.</summary>
    WebSocket,

    /// <summary>One <c>kubectl exec</c> a command.</summary>
    Kubectl,
}

/// <summary>How the cluster is reached.</summary>
internal sealed record ClusterOptions
{
    /// <summary>kubectl's path, or its name on PATH.</summary>
    public string Kubectl { get; init; } = "kubectl";

    /// <summary>kubectl's global flags, for each call.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public ExecWay Way { get; init; }

    /// <summary>How long one request may take. A plugin of kubectl may wait for a login in a browser.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;
}
