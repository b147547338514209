using System.Text;
using System.Text.Json;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Agents;

/// <summary>The agent in one container, which is asked by the verbs of its program.</summary>
/// <param name="container">The container's name; a name can be used once in a pod's life.</param>
internal sealed class RemoteAgent(PodAccess access, string container)
{
    private const int MaxNameLetters = 63;

    // A removal reports its progress every second, and any other answer comes at once.
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(1);

    public PodAccess Access => access;

    public string Container => container;

    /// <summary>Names the person and the machine to other clients, as a name that Kubernetes allows.</summary>
    public static string Self { get; } = NameOf($"{Environment.UserName}-on-{Environment.MachineName}");

    /// <summary>Starts a verb. The caller reads its output.</summary>
    /// <exception cref="ClusterException">The cluster refuses it.</exception>
    public Task<IRemoteProcess> StartAsync(IReadOnlyList<string> words, CancellationToken token) =>
        access.Exec.StartAsync(container, ["oso-snapshot", .. words], token);

    /// <summary>Runs a verb to its end, and keeps what it prints.</summary>
    /// <param name="input">What it reads from standard input.</param>
    /// <returns>The answer. A refusal of the cluster is an answer without an exit status.</returns>
    /// <exception cref="OperatorException">It printed more than any true answer has.</exception>
    public async Task<RemoteAnswer> AskAsync(
        IReadOnlyList<string> words, CancellationToken token, ReadOnlyMemory<byte> input = default)
    {
        IRemoteProcess process;
        try
        {
            process = await StartAsync(words, token);
        }
        catch (ClusterException e)
        {
            return new(null, string.Empty, e.Message) { Refusal = e };
        }

        await using IRemoteProcess closed = process;
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(token);
        using CancellationTokenRegistration kills = silence.Token.Register(process.Kill);
        silence.CancelAfter(MaxSilence);
        if (!input.IsEmpty)
        {
            await WriteAsync(process.Input, input, token);
        }

        Task<string> error = RemoteText.ReadAsync(process.Error);
        string output = await RemoteText.ReadAsync(
            process.Output, RemoteText.MaxBytes, () => silence.CancelAfter(MaxSilence));
        if (output.Length >= RemoteText.MaxBytes)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The answer of container {container} of pod {access.Pod} to '{words[0]}' is longer than 4 MiB.",
                "use the agent's image of this client's version; no sound agent answers so much");
        }

        RemoteEnd end = await process.Ended;
        token.ThrowIfCancellationRequested();
        string told = await error;
        return new(end.ExitCode, output, told.Length > 0 ? told : end.Problem) { Refusal = end.Refusal };
    }

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
    public Task<(ControlAnswer? Answer, RemoteAnswer Raw)> BeginAsync(StartRequest request, CancellationToken token)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.StartRequest);
        return ControlAsync(["start"], token, Encoding.ASCII.GetBytes($"{json.Length}\n").Concat(json).ToArray());
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> input, CancellationToken token)
    {
        try
        {
            await stream.WriteAsync(input, token);
            await stream.FlushAsync(token);
        }
        catch (IOException)
        {
            // The command has ended: its answer, or its end, says why.
        }
    }

    /// <returns>The text with hyphens in place of what a name may not have.</returns>
    internal static string NameOf(string text)
    {
        string letters = string.Concat(text.ToLowerInvariant().Select(
            letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) ? letter : '-'));
        string name = letters[..Math.Min(letters.Length, MaxNameLetters)].Trim('-');
        return name.Length > 0 ? name : "somebody";
    }
}

/// <summary>What a verb printed.</summary>
/// <param name="ExitCode">Its exit status; null if the connection broke, or the cluster refused the command.</param>
/// <param name="Error">Standard error, or why there is no answer.</param>
internal sealed record RemoteAnswer(int? ExitCode, string Output, string Error)
{
    /// <summary>The cluster's refusal; null if the command was started.</summary>
    public ClusterException? Refusal { get; init; }

    /// <summary>The error on one line.</summary>
    public string ErrorText => string.Join(
        ' ', Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
