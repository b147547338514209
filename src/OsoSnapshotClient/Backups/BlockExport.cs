using System.Globalization;
using System.Text;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Backups;

/// <summary>What one export of a block brought, and what the agent reported at its end.</summary>
/// <param name="Came">The bytes that this connection brought.</param>
/// <param name="ErrorText">What else kubectl or the agent printed on standard error.</param>
internal sealed record ExportEnd(long Came, int ExitCode, string ErrorText)
{
    /// <summary>The engine that made the bytes; null if the connection broke before the agent reported it.</summary>
    public string? Engine { get; init; }

    /// <summary>The size of the whole archive; null if the agent did not report it.</summary>
    public long? Bytes { get; init; }

    /// <summary>The SHA-256 of the whole archive; null if the agent did not report it.</summary>
    public Sha256? Sha256 { get; init; }

    /// <summary>Whether the offset lies after the archive's end: the earlier bytes are of another archive.</summary>
    public bool IsBeyondEnd => Came == 0 && ExitCode == (int)ExitStatus.Settings;

    /// <summary>Whether the agent can't read the block.</summary>
    public bool IsUnreadable => ExitCode == (int)ExitStatus.ArchiveFailed;
}

/// <summary>
/// Runs <c>oso-snapshot export --block</c> through kubectl exec, whose exit status by itself proves nothing.
/// </summary>
/// <param name="stall">A connection that brings nothing for this long is dead.</param>
internal sealed class BlockExport(AgentContainer agent, TimeSpan stall)
{
    private const int BufferBytes = 256 * 1024;
    private const int MaxErrorLetters = 16 * 1024;

    // The agent compresses everything before the offset again: at some 500 MB/s, slower beside a busy Prometheus.
    private const double SlowBytesPerSecond = 20e6;
    private static readonly TimeSpan ErrorLimit = TimeSpan.FromSeconds(5);
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>Asks which engine makes the bytes of this agent's exports.</summary>
    /// <returns>The engine; null if the connection broke.</returns>
    public async Task<string?> AskEngineAsync(BlockId block, CancellationToken token)
    {
        KubectlAnswer answer = await agent.AskAsync(["export", "--length", "0", "--block", block.Text], token);
        return Parse(answer.Error, new(0, answer.ExitCode, string.Empty)).Engine;
    }

    /// <param name="offset">The offset of the first byte to fetch.</param>
    /// <param name="take">Gets the bytes in their order.</param>
    public async Task<ExportEnd> RunAsync(
        BlockId block, long offset, Action<ReadOnlyMemory<byte>> take, CancellationToken token)
    {
        using IKubectlCall call = agent.Start(
            "oso-snapshot", "export", "--offset", offset.ToString(CultureInfo.InvariantCulture), "--block", block.Text);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using CancellationTokenSource silence = new(stall + TimeSpan.FromSeconds(offset / SlowBytesPerSecond));
        using CancellationTokenRegistration killsSilent = silence.Token.Register(call.Kill);
        Task<string> error = ReadErrorAsync(call.Error);
        long came = 0;
        try
        {
            int count;
            while ((count = await call.Output.ReadAsync(_buffer, CancellationToken.None)) > 0)
            {
                silence.CancelAfter(stall);
                take(_buffer.AsMemory(0, count));
                came += count;
            }
        }
        catch
        {
            call.Kill();
            throw;
        }

        // A child process that outlives kubectl may keep the pipe open.
        Task<int> ended = call.EndAsync();
        await Task.WhenAny(Task.WhenAll(error, ended), Task.Delay(ErrorLimit, token));
        token.ThrowIfCancellationRequested();
        call.Kill();
        int status = await ended.WaitAsync(token);
        return Parse(error.IsCompletedSuccessfully ? await error : string.Empty, new(came, status, string.Empty));
    }

    private static ExportEnd Parse(string told, ExportEnd end)
    {
        StringBuilder others = new();
        foreach (string line in told.Split('\n'))
        {
            string[] words = line.Split(' ', 2);
            end = words switch
            {
                ["engine", { Length: > 0 and < 200 } engine] => end with { Engine = engine },
                ["bytes", var text] when long.TryParse(
                    text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) =>
                    end with { Bytes = bytes },
                ["sha256", var text] when Sha256.TryParse(text, out Sha256? sha256) => end with { Sha256 = sha256 },
                _ => Other(line),
            };
        }

        return end with { ErrorText = KubectlAnswer.TextOf(others.ToString()) };

        ExportEnd Other(string line)
        {
            others.Append(line).Append('\n');
            return end;
        }
    }

    // Reads to the end, so that kubectl never waits for room in the pipe; keeps only the start.
    private static async Task<string> ReadErrorAsync(TextReader error)
    {
        StringBuilder kept = new();
        char[] letters = new char[1024];
        int count;
        while ((count = await error.ReadAsync(letters)) > 0)
        {
            kept.Append(letters, 0, Math.Min(count, MaxErrorLetters - kept.Length));
        }

        return kept.ToString();
    }
}
