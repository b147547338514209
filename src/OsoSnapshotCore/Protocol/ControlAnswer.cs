using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OsoSnapshotCore.Archives;

namespace OsoSnapshotCore.Protocol;

/// <summary>A running agent's answer to a verb: the state of the run, or why the agent refused.</summary>
internal sealed record ControlAnswer
{
    /// <summary>
    /// A number, not an enumeration: JSON code for enumerations adds 600 KB of regular expressions to the binary.
    /// </summary>
    public int ExitStatus { get; init; }

    /// <summary>How far the request is. An object with this value is not the answer yet: more lines follow.</summary>
    public string? Progress { get; init; }

    public string? Problem { get; init; }

    public string? Remedy { get; init; }

    public RunStatus? Run { get; init; }

    public IReadOnlyList<string> Removed { get; init => field = value ?? []; } = [];

    /// <summary>Whether the agent runs what <c>oso-snapshot start</c> asks for.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>The settings of the run for the verbs of its container; null in other answers.</summary>
    public IReadOnlyDictionary<string, string>? Settings { get; init; }
}

// Without the second way to write each type, the agent is 100 KB smaller.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ControlAnswer))]
[JsonSerializable(typeof(RunStatus))]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(StartRequest))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(SnapshotBlock[]))]
[JsonSerializable(typeof(VolumeListing))]
[JsonSerializable(typeof(Inspection))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(SentBlock))]
[JsonSerializable(typeof(RestoreEvent))]
[JsonSerializable(typeof(UploadRequest))]
[JsonSerializable(typeof(UploadEvent))]
[JsonSerializable(typeof(UploadAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    /// <returns>A value as a line, with its end.</returns>
    public static byte[] Line<T>(T value, JsonTypeInfo<T> type) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];

    /// <returns>A value after a line with the number of its bytes: the end of the input is not needed.</returns>
    public static byte[] Request<T>(T value, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return [.. Encoding.ASCII.GetBytes($"{json.Length}\n"), .. json];
    }
}
