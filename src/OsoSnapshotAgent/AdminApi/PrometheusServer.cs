namespace OsoSnapshotAgent.AdminApi;

/// <summary>A Prometheus that has answered.</summary>
internal sealed record PrometheusServer
{
    /// <summary>With its prefix and a slash at its end.</summary>
    public required Uri BaseUrl { get; init; }

    public required string Version { get; init; }

    public required IReadOnlyDictionary<string, string> Flags { get; init; }

    public bool AdminApiEnabled => Flags.TryGetValue("web.enable-admin-api", out string? value) && value == "true";
}
