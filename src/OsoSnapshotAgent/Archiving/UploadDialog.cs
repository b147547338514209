using System.Text.Json;
using System.Threading.Channels;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Archiving;

/// <summary>
/// The lines between <c>upload</c> and its client, each a JSON object. The client signs addresses, which nobody else
/// may see: no message repeats what it sent.
/// </summary>
internal sealed class UploadDialog
{
    private readonly Channel<Uri?> _answers = Channel.CreateBounded<Uri?>(1);
    private readonly object _lock = new();
    private readonly Stream _output;
    private readonly Action _gone;

    /// <param name="input">The client's lines.</param>
    /// <param name="gone">Ends the process, because the client has gone: its input has ended.</param>
    public UploadDialog(Stream input, Stream output, Action gone)
    {
        (_output, _gone) = (output, gone);
        new Thread(() => Read(input)) { IsBackground = true, Name = "input" }.Start();
    }

    public void Tell(UploadEvent one)
    {
        byte[] line = ControlJson.Line(one, ControlJson.Default.UploadEvent);
        try
        {
            lock (_lock)
            {
                _output.Write(line);
                _output.Flush();
            }
        }
        catch (Exception e) when (e is IOException or OperatorException)
        {
            _gone();
        }
    }

    /// <returns>Where to send the part; null if the store has it.</returns>
    /// <exception cref="OperatorException">The client's line is no answer.</exception>
    public Uri? Await()
    {
        try
        {
            return _answers.Reader.ReadAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelClosedException)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                "Standard input has a line that is no answer to a part.",
                "Use a client of the same version.");
        }
    }

    private void Read(Stream input)
    {
        byte[] line = new byte[UploadRequest.MaxLineBytes];
        int filled = 0;
        while (filled < line.Length && input.Read(line, filled, 1) == 1)
        {
            if (line[filled] != '\n')
            {
                filled++;
                continue;
            }

            if (!TryParse(line.AsSpan(0, filled), out Uri? url))
            {
                _answers.Writer.Complete();
                return;
            }

            _answers.Writer.WriteAsync(url).AsTask().Wait();
            filled = 0;
        }

        if (filled == line.Length)
        {
            _answers.Writer.Complete();
            return;
        }

        _gone();
    }

    private static bool TryParse(ReadOnlySpan<byte> json, out Uri? url)
    {
        url = null;
        try
        {
            return JsonSerializer.Deserialize(json, ControlJson.Default.UploadAnswer) is { } answer
                && (answer.Url is null || (url = SignedAddress.TryParse(answer.Url)) is not null);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
