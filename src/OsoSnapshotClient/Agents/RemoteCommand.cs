using System.Text;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>Runs a command in a container to its end, and keeps what it prints.</summary>
internal static class RemoteCommand
{
    // An agent's removal reports its progress every second, and any other answer comes at once.
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMinutes(1);

    /// <param name="input">What it reads from standard input.</param>
    /// <returns>The answer. A refusal of the cluster is an answer without an exit status.</returns>
    /// <exception cref="OperatorException">It printed more than any true answer has.</exception>
    public static async Task<RemoteAnswer> RunAsync(
        PodAccess access,
        string container,
        IReadOnlyList<string> command,
        CancellationToken token,
        ReadOnlyMemory<byte> input = default)
    {
        IRemoteProcess process;
        try
        {
            process = await access.Exec.StartAsync(container, command, token);
        }
        catch (ClusterException e)
        {
            return new(null, string.Empty, e.Message) { Refusal = e };
        }

        await using IRemoteProcess closed = process;
        using SilenceLimit silence = new(process, MaxSilence, token);
        if (!input.IsEmpty)
        {
            await WriteAsync(process.Input, input, token);
        }

        Task<string> error = RemoteText.ReadAsync(process.Error);
        string output = await RemoteText.ReadAsync(process.Output, RemoteText.MaxBytes, silence.Heard);
        if (Encoding.UTF8.GetByteCount(output) >= RemoteText.MaxBytes)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The answer of container {container} of pod {access.Pod} to '{string.Join(' ', command.Take(2))}' is"
                + " longer than 4 MiB.",
                "use the agent's image of this client's version; no sound agent answers so much");
        }

        RemoteEnd end = await process.Ended;
        token.ThrowIfCancellationRequested();
        string told = await error;
        return new(end.ExitCode, output, told.Length > 0 ? told : end.Problem) { Refusal = end.Refusal };
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
}

/// <summary>What a command printed.</summary>
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
