using Microsoft.Extensions.Logging;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Output;

/// <summary>Prints what the operator reads, on the console and to <c>snapshots.log</c>.</summary>
internal sealed class Transcript(ILogger<Transcript> logger, TimeProvider time)
{
    public void Line(string text) => Write(LogLevel.Information, id: 0, text);

    public void Lines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Line(line);
        }
    }

    public void Banner(string text) => Lines([new string('*', 72), $"{text} ({Now})", new string('*', 72)]);

    public void Title(string text) => Lines([string.Empty, text, Now]);

    public void Success(LogId id, string text) => Write(LogLevel.Information, id, "✅ " + text);

    public void Warning(LogId id, string text) => Write(LogLevel.Warning, id, "⚠️ " + text);

    /// <param name="problem">One or more lines. The first one gets the number.</param>
    /// <param name="remedy">One or more lines.</param>
    public void Failure(ExitStatus status, string problem, string remedy)
    {
        string[] lines = problem.Split('\n');
        Write(LogLevel.Error, LogId.Failed + (int)status, "❌ " + lines[0]);
        foreach (string line in lines[1..])
        {
            Write(LogLevel.Error, id: 0, "❌ " + line);
        }

        foreach (string line in remedy.Split('\n'))
        {
            Write(LogLevel.Error, id: 0, "   What to do: " + line);
        }
    }

    /// <summary>Prints an exception that is a bug, with its stack.</summary>
    public void Bug(Exception exception) => logger.Log(
        LogLevel.Critical,
        new EventId((int)(LogId.Failed + (int)ExitStatus.Bug)),
        "❌ This is a bug of oso-snapshot. Please report what follows.",
        exception,
        static (line, _) => line);

    private string Now =>
        time.GetUtcNow().ToString("ddd MMM dd HH:mm:ss 'UTC' yyyy", System.Globalization.CultureInfo.InvariantCulture);

    private void Write(LogLevel level, LogId id, string text) =>
        logger.Log(level, new EventId((int)id), text, exception: null, static (line, _) => line);
}
