using System.Text;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Output;

/// <summary>
/// The reason that <c>kubectl get pod</c> shows beside the exit status, on one line. It has at most 300 bytes:
/// Kubernetes cuts it in pods with many containers (kubernetes.io, "Determine the Reason for Pod Failure").
/// </summary>
internal sealed class TerminationMessage(string path)
{
    private const int MaxBytes = 300;
    private const string Ellipsis = " …";
    private const string BeforeRemedy = " What to do: ";

    // A long problem leaves this room for the remedy: the command with a user and a group has some 190 bytes.
    private const int MinRemedyBytes = 200;

    private static readonly int EllipsisBytes = Bytes(Ellipsis);

    public void Write(string text) => WriteLine(Cut(Line(text), MaxBytes));

    public void Write(string problem, string remedy) => WriteLine(Compose(problem, remedy));

    /// <summary>Puts both on one line. A long problem leaves room for the start of the remedy.</summary>
    internal static string Compose(string problem, string remedy)
    {
        string after = BeforeRemedy + Line(remedy);
        return Cut(Cut(Line(problem), MaxBytes - Math.Min(Bytes(after), MinRemedyBytes)) + after, MaxBytes);
    }

    private static string Line(string text) => Printable.Text(text.ReplaceLineEndings(" ")).Trim();

    private static string Cut(string text, int maxBytes)
    {
        if (Bytes(text) <= maxBytes)
        {
            return text;
        }

        int length = 0;
        int bytes = EllipsisBytes;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length].TrimEnd() + Ellipsis;
    }

    private static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);

    private void WriteLine(string line)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            File.WriteAllText(path, line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The run goes to its end without this file: the transcript has the reason too.
        }
    }
}
