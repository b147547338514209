using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Agents;

/// <summary>The agent in one container, which is asked by the verbs of its program.</summary>
/// <param name="container">The container's name; a name can be used once in a pod's life.</param>
internal sealed class RemoteAgent(PodAccess access, string container)
{
    /// <summary>The program in the agent's image.</summary>
    public const string Program = "oso-snapshot";

    private const int MaxNameLetters = 63;

    public PodAccess Access => access;

    public string Container => container;

    /// <summary>Names the person and the machine to other clients, as a name that Kubernetes allows.</summary>
    public static string Self { get; } = NameOf($"{Environment.UserName}-on-{Environment.MachineName}");

    /// <summary>Starts a verb. The caller reads its output.</summary>
    /// <exception cref="ClusterException">The cluster refuses it.</exception>
    public Task<IRemoteProcess> StartAsync(IReadOnlyList<string> words, CancellationToken token) =>
        access.Exec.StartAsync(container, [Program, .. words], token);

    /// <inheritdoc cref="RemoteCommand.RunAsync"/>
    public Task<RemoteAnswer> AskAsync(
        IReadOnlyList<string> words, CancellationToken token, ReadOnlyMemory<byte> input = default) =>
        RemoteCommand.RunAsync(access, container, [Program, .. words], token, input);

    /// <summary>Asks an idle agent, which has no settings yet, with those of the command line.</summary>
    /// <inheritdoc cref="RemoteCommand.RunAsync"/>
    public Task<RemoteAnswer> AskAsync(
        IReadOnlyList<string> words, IReadOnlyDictionary<string, string> settings, CancellationToken token) =>
        RemoteCommand.RunAsync(
            access,
            container,
            ["env", .. settings.Select(setting => $"{setting.Key}={setting.Value}"), Program, .. words],
            token);

    /// <summary>Runs a verb that answers with one JSON object.</summary>
    /// <returns>The agent's answer; null and why if none came.</returns>
    public async Task<(ControlAnswer? Answer, RemoteAnswer Raw)> ControlAsync(
        IReadOnlyList<string> words, CancellationToken token, ReadOnlyMemory<byte> input = default)
    {
        RemoteAnswer raw = await AskAsync(words, token, input);
        string last = raw.Output.TrimEnd().Split('\n')[^1];
        if (raw.ExitCode is null || last.Length == 0)
        {
            return (null, raw);
        }

        return (AgentAnswers.Control(last), raw);
    }

    /// <summary>Asks the agent how far its run is.</summary>
    /// <returns>null if no agent answers.</returns>
    /// <exception cref="OperatorException">The answer is none of an agent of this version.</exception>
    public async Task<RunStatus?> StatusAsync(CancellationToken token)
    {
        RemoteAnswer answer = await AskAsync(["status", "--json"], token);
        return answer.ExitCode == 0 ? AgentAnswers.Status(answer.Output, access) : null;
    }

    /// <summary>Asks the agent to begin a run. A repeated request changes nothing.</summary>
    public Task<(ControlAnswer? Answer, RemoteAnswer Raw)> BeginAsync(StartRequest request, CancellationToken token) =>
        ControlAsync(["start"], token, ControlJson.Request(request, ControlJson.Default.StartRequest));

    /// <returns>The text with hyphens in place of what a name may not have.</returns>
    internal static string NameOf(string text)
    {
        string letters = string.Concat(text.ToLowerInvariant().Select(
            letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) ? letter : '-'));
        string name = letters[..Math.Min(letters.Length, MaxNameLetters)].Trim('-');
        return name.Length > 0 ? name : "somebody";
    }
}
