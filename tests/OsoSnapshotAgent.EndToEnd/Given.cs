namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Builds the settings that a test gives the agent.</summary>
internal static class Given
{
    public static IReadOnlyDictionary<string, string> Variables(params (string Name, string Value)[] variables) =>
        variables.ToDictionary(variable => variable.Name, variable => variable.Value);
}
