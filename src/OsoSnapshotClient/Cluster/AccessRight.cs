namespace OsoSnapshotClient.Cluster;

/// <summary>What a role allows: a verb on a resource, such as <c>create</c> on <c>pods/exec</c>.</summary>
internal sealed record AccessRight(string Verb, string Resource, string? Subresource = null)
{
    /// <summary>The API group of the resource; that of pods is empty.</summary>
    public string Group { get; init; } = string.Empty;

    public override string ToString() => $"'{Verb}' on {Resource}{(Subresource is null ? null : "/" + Subresource)}";
}
