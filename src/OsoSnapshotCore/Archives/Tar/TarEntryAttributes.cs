namespace OsoSnapshotCore.Archives.Tar;

/// <summary>The attributes of an entry that is written.</summary>
internal sealed record TarEntryAttributes
{
    /// <summary>The name of a directory ends with a slash.</summary>
    public required string Name { get; init; }

    public required bool IsDirectory { get; init; }

    /// <summary>The size of the content that follows; 0 for a directory.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public required int Permissions { get; init; }

    /// <summary>In whole seconds.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    public required uint UserId { get; init; }

    public required uint GroupId { get; init; }

    /// <summary>null if the id has no name.</summary>
    public string? UserName { get; init; }

    /// <inheritdoc cref="UserName"/>
    public string? GroupName { get; init; }
}
