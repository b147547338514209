namespace OsoSnapshot.Formats.Tar;

/// <summary>What a tar header tells of an entry that is written.</summary>
internal sealed record TarEntryAttributes
{
    /// <summary>A directory's ends with a slash.</summary>
    public required string Name { get; init; }

    public required bool IsDirectory { get; init; }

    /// <summary>Of the content that follows; 0 for a directory.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public required int Permissions { get; init; }

    /// <summary>In whole seconds.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    public required uint UserId { get; init; }

    public required uint GroupId { get; init; }

    /// <summary>null where the id has no name.</summary>
    public string? UserName { get; init; }

    /// <inheritdoc cref="UserName"/>
    public string? GroupName { get; init; }
}
