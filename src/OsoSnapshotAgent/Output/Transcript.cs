using Microsoft.Extensions.Logging;

namespace OsoSnapshotAgent.Output;

/// <summary>
/// What the operator reads, on the console and in <c>snapshots.log</c>. Event ids: 1 to 9 text, 10 to 19 outcomes.
/// </summary>
internal sealed partial class Transcript(ILogger<Transcript> logger, TimeProvider time)
{
    public void Line(string text) => Write(text);

    public void Lines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Write(line);
        }
    }

    public void Banner(string text) => Lines([new string('*', 72), $"{text} ({Now})", new string('*', 72)]);

    public void Title(string text) => Lines([string.Empty, text, Now]);

    public void Success(string text) => WriteSuccess(text);

    public void Warning(string text) => WriteWarning(text);

    /// <param name="problem">One or more lines.</param>
    /// <param name="remedy">One or more lines.</param>
    public void Failure(string problem, string remedy)
    {
        foreach (string line in problem.Split('\n'))
        {
            WriteFailure(line);
        }

        foreach (string line in remedy.Split('\n'))
        {
            WriteRemedy(line);
        }
    }

    /// <summary>An exception that no operator can mend: with its stack.</summary>
    [LoggerMessage(EventId = 13, Level = LogLevel.Critical, Message = "❌ This is a bug of oso-snapshot. Please report"
        + " what follows.")]
    public partial void Bug(Exception exception);

    private string Now =>
        time.GetUtcNow().ToString("ddd MMM dd HH:mm:ss 'UTC' yyyy", System.Globalization.CultureInfo.InvariantCulture);

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Text}")]
    private partial void Write(string text);

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "✅ {Text}")]
    private partial void WriteSuccess(string text);

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "⚠️ {Text}")]
    private partial void WriteWarning(string text);

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message = "❌ {Text}")]
    private partial void WriteFailure(string text);

    [LoggerMessage(EventId = 14, Level = LogLevel.Error, Message = "   What to do: {Text}")]
    private partial void WriteRemedy(string text);
}
