using System.Text.Json.Serialization;
using OsoSnapshot.Formats.Verification;

namespace OsoSnapshot.Formats.Protocol;

/// <summary>What a running agent answers to a verb: its state, or why the verb could not be obeyed.</summary>
internal sealed record ControlAnswer
{
    /// <summary>A number: JSON code for enumerations brings the regular expressions into the binary, 600 KB.</summary>
    public int ExitStatus { get; init; }

    /// <summary>How far the request is. Then this is not the answer yet: more lines follow.</summary>
    public string? Progress { get; init; }

    public string? Problem { get; init; }

    public string? Remedy { get; init; }

    public RunStatus? Run { get; init; }

    public IReadOnlyList<string> Removed { get; init; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ControlAnswer))]
[JsonSerializable(typeof(RunStatus))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(SnapshotBlock[]))]
internal sealed partial class ControlJson : JsonSerializerContext;
