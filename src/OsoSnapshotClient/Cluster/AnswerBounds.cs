using System.Text.Json;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// Bounds the values of an answer of the API server: an empty object of four bytes may become an object of hundreds.
/// </summary>
internal static class AnswerBounds
{
    // A pod has some 200.
    private const int MaxValues = 100_000;

    // Long, and nobody here reads them.
    private static readonly string[] Skipped =
    [
        "managedFields", "resources", "allocatedResources", "env", "volumes", "volumeClaimTemplates", "affinity",
        "tolerations", "initContainers", "initContainerStatuses",
    ];

    /// <exception cref="JsonException">It is no JSON, is nested too deeply, or has more values than a true answer.
    /// </exception>
    public static void Require(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        for (int values = 0; reader.Read(); values++)
        {
            if (values == MaxValues)
            {
                throw new JsonException($"it has more than {MaxValues} values");
            }

            if (reader.TokenType == JsonTokenType.PropertyName && IsSkipped(reader))
            {
                reader.Skip();
            }
        }
    }

    private static bool IsSkipped(Utf8JsonReader name)
    {
        foreach (string skipped in Skipped)
        {
            if (name.ValueTextEquals(skipped))
            {
                return true;
            }
        }

        return false;
    }
}
