using System.Collections;
using Microsoft.Extensions.Logging.Abstractions;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>Finds settings, target and data directory for verbs that need no run.</summary>
internal static class Discovery
{
    /// <exception cref="OperatorException">The setting is wrong, or there is no data directory.</exception>
    public static TargetContainer FindTarget()
    {
        ProcFileSystem proc = new("/proc");
        Dictionary<string, string> variables = OfRun();
        string? dataDirectory = SettingsReader.ReadDataDirectory(variables);
        return new TargetFinder(proc, new TargetAccess(proc), dataDirectory, Ask).Find();

        string? Ask(ProcessInfo prometheus, PrometheusCommandLine commandLine, ContainerRoot root)
        {
            AgentSettings settings = Settings(variables);
            Transcript silent = new(NullLogger<Transcript>.Instance, TimeProvider.System);
            PrometheusLocator locator = new(new ServerIdentity(proc), settings, silent);
            return new StorageQuestion(new PrometheusConnector(settings, silent, TimeProvider.System), locator)
                .Ask(prometheus, commandLine, root, CancellationToken.None);
        }
    }

    /// <exception cref="OperatorException">The settings are wrong.</exception>
    public static AgentSettings Settings(IReadOnlyDictionary<string, string> variables) =>
        SettingsReader.Read(variables, TimeProvider.System);

    /// <summary>The environment, and over it the settings of the run at work in this container.</summary>
    public static Dictionary<string, string> OfRun()
    {
        Dictionary<string, string> variables = Variables();
        ControlAnswer answer = AgentCall.Ask(ControlRequest.Settings);
        foreach ((string name, string value) in answer.Settings ?? new Dictionary<string, string>())
        {
            variables[name] = value;
        }

        return variables;
    }

    public static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(
            variable => (string)variable.Key,
            variable => (string?)variable.Value ?? string.Empty,
            StringComparer.Ordinal);
}
