using System.Collections;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Commands;

/// <summary>Finds settings, target and data directory for verbs that need no run.</summary>
internal static class Discovery
{
    /// <exception cref="OperatorException">The setting is wrong, or there is no data directory.</exception>
    public static DataDirectory FindData() => FindTarget().Data;

    /// <inheritdoc cref="FindData" path="/exception"/>
    public static TargetContainer FindTarget()
    {
        ProcFileSystem proc = new("/proc");
        string? dataDirectory = SettingsReader.ReadDataDirectory(Variables());
        return new TargetFinder(proc, new TargetAccess(proc), dataDirectory).Find();
    }

    /// <exception cref="OperatorException">The settings are wrong.</exception>
    public static AgentSettings Settings() => SettingsReader.Read(Variables(), TimeProvider.System);

    public static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(
            variable => (string)variable.Key,
            variable => (string?)variable.Value ?? string.Empty,
            StringComparer.Ordinal);
}
