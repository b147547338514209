namespace OsoSnapshotAgent.Server;

/// <summary>A Prometheus that has answered.</summary>
internal sealed record PrometheusServer
{
    /// <summary>With its prefix and a slash at its end.</summary>
    public required Uri BaseUrl { get; init; }

    public required string Version { get; init; }

    public required IReadOnlyDictionary<string, string> Flags { get; init; }

    /// <summary>The data directory, as its flag was given; null if the server does not say.</summary>
    public string? StoragePath => Flags.GetValueOrDefault("storage.tsdb.path") is { Length: > 0 } path ? path : null;

    public bool AdminApiEnabled => Flags.TryGetValue("web.enable-admin-api", out string? value) && value == "true";
}
