using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
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
    public static RunStatus Status(KubectlAnswer answer, PodAccess access)
    {
        RunStatus status = Parse(answer.Output, Json.RunStatus);
        AgentVersions.Require(status.Version, access);
        return status.IsValid() ? status : throw Unreadable(answer.Output);
    }

    /// <exception cref="OperatorException">It is no report of <c>verify --json</c>.</exception>
    public static VerifyReport Report(KubectlAnswer answer)
    {
        VerifyReport report = Parse(answer.Output, Json.VerifyReport);
        return report.IsValid() ? report : throw Unreadable(answer.Output);
    }

    public static OperatorException Unreadable(string answer) => new(
        ClientStatus.Failed,
        $"The agent's answer can't be read: {Printable.Short(answer.Trim(), ShownLetters)}",
        "use the client of the image's version");

    private static T Parse<T>(string json, JsonTypeInfo<T> type)
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
