using System.Collections;
using Microsoft.Extensions.Logging.Abstractions;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Cli;

/// <summary>Finds settings, target and data directory for verbs that need no run.</summary>
internal static class Discovery
{
    /// <exception cref="OperatorException">The setting is wrong, or there is no data directory.</exception>
    public static TargetContainer FindTarget()
    {
        ProcFileSystem proc = new("/proc");
        string? dataDirectory = SettingsReader.ReadDataDirectory(Variables());
        return new TargetFinder(proc, new TargetAccess(proc), dataDirectory, Ask).Find();

        string? Ask(ProcessInfo prometheus, PrometheusCommandLine commandLine, ContainerRoot root)
        {
            AgentSettings settings = Settings();
            Transcript silent = new(NullLogger<Transcript>.Instance, TimeProvider.System);
            PrometheusLocator locator = new(new ServerIdentity(proc), settings, silent);
            return new StorageQuestion(new PrometheusConnector(settings, silent, TimeProvider.System), locator)
                .Ask(prometheus, commandLine, root);
        }
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
