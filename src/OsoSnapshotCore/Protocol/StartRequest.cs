using System.Text.Json;

namespace OsoSnapshotCore.Protocol;

/// <summary>
/// What <c>oso-snapshot start</c> reads from standard input: one run for the agent that waits in the same container.
/// </summary>
internal sealed record StartRequest
{
    /// <summary>The limit of the request in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The name of the run. A second request with the name of the run at work succeeds.</summary>
    public required string Run { get; init; }

    /// <summary>One of <see cref="RunKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether a complete archive on the volume is verified and held; only without one, one is made.</summary>
    public bool IsReuse { get; init; }

    /// <summary>The agent's settings, as in its environment.</summary>
    public IReadOnlyDictionary<string, string> Settings
    {
        get;
        init => field = value ?? new Dictionary<string, string>();
    }
    = new Dictionary<string, string>();

    /// <returns>null if the bytes are no request that an agent may run.</returns>
    public static StartRequest? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ControlJson.Default.StartRequest) is { } request
                && request.IsValid() ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the name is that of a container, the kind is known, and each setting may be a variable.
    /// </summary>
    public bool IsValid() => IsName(Run) && RunKinds.IsKnown(Kind) && Settings.All(IsVariable);

    /// <summary>Whether a text may name a run: a name that Kubernetes accepts for a container (RFC 1123).</summary>
    public static bool IsName(string? text) => text is { Length: > 0 and <= 63 } && text[0] != '-' && text[^1] != '-'
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    private static bool IsVariable(KeyValuePair<string, string> setting) =>
        setting is { Key.Length: > 0, Value: not null } && !setting.Key.Contains('=', StringComparison.Ordinal)
        && !setting.Key.Contains('\0', StringComparison.Ordinal)
        && !setting.Value.Contains('\0', StringComparison.Ordinal);
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

    /// <summary>Blocks in the data directory, which <c>oso-snapshot receive</c> carries there.</summary>
    public const string Restore = "restore";

    public static bool IsKnown(string? kind) => kind is Archive or Blocks or Stream or Remove or Restore;
}
