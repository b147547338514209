using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>The API's answer to what fails, and to the end of a command (Kubernetes API, meta/v1 Status).</summary>
internal sealed record StatusObject
{
    public const int MaxBytes = 64 << 10;

    private const int MaxMessageLetters = 600;

    public string Kind { get; init => field = value ?? string.Empty; } = string.Empty;

    public string Status { get; init => field = value ?? string.Empty; } = string.Empty;

    public string Reason { get; init => field = value ?? string.Empty; } = string.Empty;

    public string Message { get; init => field = value ?? string.Empty; } = string.Empty;

    public int Code { get; init; }

    public StatusDetails Details { get; init => field = value ?? new(); } = new();

    /// <summary>The cause of an answer that is no success.</summary>
    /// <param name="code">The HTTP status of the answer.</param>
    /// <param name="body">A Status object, or text of something between us and the API server.</param>
    public static ClusterException ToException(int code, ReadOnlySpan<byte> body) =>
        TryParse(body) is { } status
            ? status.ToException(code)
            : new(code, string.Empty, Cut(Encoding.UTF8.GetString(body), $"HTTP status {code}"));

    /// <summary>How a command ended, from the message that ends its connection.</summary>
    public static RemoteEnd ToEnd(ReadOnlySpan<byte> message)
    {
        if (TryParse(message) is not { } status)
        {
            return new(null, "the cluster's report of the command's end can't be read");
        }

        if (status.Status == "Success")
        {
            return new(0, string.Empty);
        }

        StatusCause? exit = status.Details.Causes.FirstOrDefault(cause => cause?.Reason == "ExitCode");
        return int.TryParse(exit?.Message, out int exitCode)
            ? new(exitCode, string.Empty)
            : new(null, Cut(status.Message, status.Reason)) { Refusal = status.ToException(status.Code) };
    }

    private static StatusObject? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, StatusJson.Default.StatusObject) is { Kind: "Status" or "" } status
                && (status.Status.Length > 0 || status.Reason.Length > 0)
                ? status
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Cut(string text, string otherwise) =>
        Printable.Short(text.Trim(), MaxMessageLetters) is { Length: > 0 } told ? told : otherwise;

    private ClusterException ToException(int code) => new(code, Reason, Cut(Message, Reason))
    {
        Causes =
        [
            .. Details.Causes.OfType<StatusCause>().Take(16).Select(
                cause => new ClusterCause(cause.Reason, cause.Field, Cut(cause.Message, string.Empty))),
        ],
        Kind = Details.Kind,
    };
}

internal sealed record StatusDetails
{
    public string Kind { get; init => field = value ?? string.Empty; } = string.Empty;

    public IReadOnlyList<StatusCause?> Causes { get; init => field = value ?? []; } = [];
}

internal sealed record StatusCause
{
    public string Reason { get; init => field = value ?? string.Empty; } = string.Empty;

    public string Field { get; init => field = value ?? string.Empty; } = string.Empty;

    public string Message { get; init => field = value ?? string.Empty; } = string.Empty;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(LineConverter)])]
[JsonSerializable(typeof(StatusObject))]
internal sealed partial class StatusJson : JsonSerializerContext;
