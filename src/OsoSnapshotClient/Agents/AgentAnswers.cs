using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>
/// Reads the agent's answers. The pod may be hostile: each value is checked, and each text becomes one line.
/// </summary>
internal static class AgentAnswers
{
    private const int ShownLetters = 100;

    private static readonly ControlJson Json = new(new(ControlJson.Default.Options)
    {
        RespectNullableAnnotations = true,
        Converters = { new LineConverter() },
    });

    /// <exception cref="OperatorException">It is no status, or that of an agent of another version.</exception>
    public static RunStatus Status(string json, PodAccess access)
    {
        RunStatus status = Parse(json, Json.RunStatus);
        AgentVersions.Require(status.Version, access);
        return status.IsValid() ? status : throw Unreadable(json);
    }

    /// <exception cref="OperatorException">It is no event, or that of an agent of another version.</exception>
    public static RunEvent Event(string json, PodAccess access)
    {
        RunEvent one = Parse(json, Json.RunEvent);
        if (one.Run is { } status)
        {
            AgentVersions.Require(status.Version, access);
        }

        return one is { Position: >= 0 } && one.Run?.IsValid() != false ? one : throw Unreadable(json);
    }

    /// <exception cref="OperatorException">It is no answer to a verb.</exception>
    public static ControlAnswer Control(string json)
    {
        ControlAnswer answer = Parse(json, Json.ControlAnswer);
        return answer.ExitStatus is >= 0 and <= byte.MaxValue ? answer : throw Unreadable(json);
    }

    /// <exception cref="OperatorException">It is no line of <c>upload</c>.</exception>
    public static UploadEvent Upload(string json)
    {
        UploadEvent one = Parse(json, Json.UploadEvent);
        return one.IsValid() ? one : throw Unreadable(json);
    }

    public static OperatorException Unreadable(string answer) => new(
        ClientStatus.Failed,
        $"The agent's answer can't be read: {Printable.Short(answer.Trim(), ShownLetters)}",
        "use the client of the image's version");

    /// <exception cref="OperatorException">The text is no such object.</exception>
    public static T Parse<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw Unreadable(json);
        }
        catch (JsonException)
        {
            throw Unreadable(json);
        }
    }
}
