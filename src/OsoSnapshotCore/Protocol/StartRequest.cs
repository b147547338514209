namespace OsoSnapshotCore.Protocol;

/// <summary>
/// What <c>oso-snapshot start</c> reads from standard input: one run for the agent that waits in the same container.
/// </summary>
internal sealed record StartRequest
{
    /// <summary>The limit of the request in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The run's name. A second request with the name of the run at work changes nothing and succeeds.</summary>
    public required string Run { get; init; }

    /// <summary>One of <see cref="RunKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether a complete archive on the volume is verified and held; only without one, one is made.</summary>
    public bool IsReuse { get; init; }

    /// <summary>The agent's settings, as in its environment.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init => field = value ?? new Dictionary<string, string>(); } =
        new Dictionary<string, string>();
}

/// <summary>What a run makes.</summary>
internal static class RunKinds
{
    /// <summary>An archive on the volume, which is held for the copy.</summary>
    public const string Archive = "archive";

    /// <summary>A snapshot, which is held so that its blocks can be copied.</summary>
    public const string Blocks = "blocks";

    /// <summary>An archive that <c>export --stream</c> of the same container carries away.</summary>
    public const string Stream = "stream";

    /// <summary>Nothing: all files of this program and all snapshots are deleted.</summary>
    public const string Remove = "remove";
}
