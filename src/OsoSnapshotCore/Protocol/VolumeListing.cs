namespace OsoSnapshotCore.Protocol;

/// <summary>What REMOVE=yes would delete, as <c>oso-snapshot list --json</c> prints it.</summary>
internal sealed record VolumeListing
{
    /// <summary>The limit of the items: a run leaves at most five, and each failed request a snapshot.</summary>
    public const int MaxItems = 1000;

    /// <summary>Prometheus' data directory, as its own container sees it.</summary>
    public required string DataDirectory { get; init; }

    public IReadOnlyList<VolumeItem> Items { get; init => field = value ?? []; } = [];

    /// <summary>The number of items over the limit.</summary>
    public long ItemsLeftOut { get; init; }

    /// <summary>Whether each value is one that an agent of this version may send.</summary>
    public bool IsValid() => DataDirectory is { Length: > 0 and <= VolumeItem.MaxPathLetters } && ItemsLeftOut >= 0
        && Items.Count <= MaxItems && Items.All(item => item?.IsValid() == true);
}

/// <summary>A file of this program, or a snapshot.</summary>
internal sealed record VolumeItem
{
    /// <summary>PATH_MAX of Linux.</summary>
    public const int MaxPathLetters = 4096;

    /// <summary>Relative to the data directory: <c>snapshots.tgz</c>, <c>snapshots/20250820T165101Z-…</c>.</summary>
    public required string Name { get; init; }

    public required string PathInContainer { get; init; }

    /// <summary>
    /// The bytes that its files take on the disk. Those of a snapshot are mostly shared with live blocks.
    /// </summary>
    public required long Bytes { get; init; }

    /// <summary>The bytes that deleting it frees now.</summary>
    public required long FreedBytes { get; init; }

    public required DateTimeOffset Modified { get; init; }

    /// <inheritdoc cref="VolumeListing.IsValid" path="/summary"/>
    public bool IsValid() => Name is { Length: > 0 and <= MaxPathLetters }
        && PathInContainer is { Length: > 0 and <= MaxPathLetters } && Bytes >= 0 && FreedBytes >= 0;
}
