using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>One call of the agent's <c>upload</c>: its parts, and the answers to them.</summary>
/// <param name="progressed">Gets the number of bytes of the block's files that the agent has read back.</param>
internal sealed class DirectTalk(
    BlockName name, S3SignedUpload upload, AgentRun run, S3Store store, Action<long> progressed)
{
    // The address of a part may have become too old while the agent tried.
    private const int MaxAddresses = 2;

    private int _failures;
    private bool _isHeard;
    private bool _isPartOpen;

    /// <summary>The number of the last part that the agent has sent.</summary>
    public int LastSent { get; private set; }

    /// <summary>Why the call ended early.</summary>
    public string Error { get; private set; } = string.Empty;

    /// <param name="stall">A connection that brings nothing for this long is dead.</param>
    /// <returns>null if the connection broke.</returns>
    /// <exception cref="NoDirectWayException">The agent can't send the block.</exception>
    /// <exception cref="OperatorException">The agent can't read the block, or answers what no agent does.</exception>
    public async Task<UploadEnd?> RunAsync(TimeSpan stall, CancellationToken token)
    {
        IRemoteProcess process;
        try
        {
            process = await run.Agent.StartAsync(["upload"], token);
        }
        catch (ClusterException e)
        {
            Error = e.Message;
            return null;
        }

        await using IRemoteProcess closed = process;
        using SilenceLimit silence = new(process, stall, token);
        Task<string> told = RemoteText.ReadAsync(process.Error);
        try
        {
            await AskAsync(process.Input, token);
            using StreamReader lines = new(process.Output);
            await foreach (string line in BoundedLines.ReadAsync(lines, RemoteText.MaxBytes))
            {
                silence.Heard();
                if (await HearAsync(AgentAnswers.Upload(line), process.Input, token) is { } end)
                {
                    return end;
                }
            }
        }
        catch (IOException)
        {
            // The connection broke: the end of the process says why.
        }

        RemoteEnd ended = await process.Ended.WaitAsync(token);
        token.ThrowIfCancellationRequested();
        Judge(ended, ErrorText.OneLine(await told));
        return null;
    }

    private async Task AskAsync(Stream input, CancellationToken token)
    {
        UploadRequest request = new()
        {
            Ulid = name.Ulid.Text,
            Fingerprint = name.Fingerprint,
            PartBytes = S3SignedUpload.PartBytes,
            Authorities = store.Authorities,
        };
        await SendAsync(input, ControlJson.Request(request, ControlJson.Default.UploadRequest), token);
    }

    private async Task<UploadEnd?> HearAsync(UploadEvent one, Stream input, CancellationToken token)
    {
        _isHeard = true;
        progressed(one.ContentBytes);
        if (one.Part is { } part)
        {
            _failures = 0;
            _isPartOpen = !Add(part);
            await AnswerAsync(input, _isPartOpen ? upload.Sign() : null, token);
        }
        else if (one.Sent is { Problem: { } problem } && _isPartOpen)
        {
            if (++_failures == MaxAddresses)
            {
                throw new NoDirectWayException(problem);
            }

            await AnswerAsync(input, upload.Sign(), token);
        }

        if (one.Sent is { Problem: null } && _isPartOpen)
        {
            (LastSent, _isPartOpen) = (upload.Parts, false);
        }

        return one.End;
    }

    private bool Add(UploadPart part)
    {
        try
        {
            return upload.Add(part);
        }
        catch (InvalidDataException e)
        {
            throw AgentAnswers.Unreadable(e.Message);
        }
    }

    private static Task AnswerAsync(Stream input, string? url, CancellationToken token) => SendAsync(
        input, ControlJson.Line(new(url), ControlJson.Default.UploadAnswer), token);

    private static async Task SendAsync(Stream input, byte[] bytes, CancellationToken token)
    {
        await input.WriteAsync(bytes, token);
        await input.FlushAsync(token);
    }

    private void Judge(RemoteEnd ended, string told)
    {
        switch (ended.ExitCode)
        {
            case (int)ExitStatus.ArchiveFailed:
                throw BackupDamage.Damaged(
                    $"The agent can't send block {name}: {Printable.Text(told)}",
                    "see the message; the blocks that were copied stay in the bucket");

            // An agent that does not know the verb ends so too.
            case (int)ExitStatus.Settings when !_isHeard:
                throw new NoDirectWayException($"the agent refuses to: {Printable.Text(told)}");

            default:
                Error = told.Length > 0 ? Printable.Text(told) : ended.Problem;
                break;
        }
    }
}
