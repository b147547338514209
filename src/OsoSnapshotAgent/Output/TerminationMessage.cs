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

    // A long problem leaves this room for the remedy.
    private const int MinRemedyBytes = 120;

    private static readonly int EllipsisBytes = Bytes(Ellipsis);

    public void Write(string text) => WriteLine(Cut(Line(text), MaxBytes));

    public void Write(string problem, string remedy) => WriteLine(Compose(problem, remedy));

    /// <summary>
    /// Takes as many of the problem's sentences as leave room for the whole remedy, and at least one. A text that is
    /// too long is cut after a word.
    /// </summary>
    internal static string Compose(string problem, string remedy)
    {
        string after = BeforeRemedy + Line(remedy);
        List<string> sentences = [.. problem.ReplaceLineEndings("\n").Split('\n').SelectMany(Sentences)];
        int room = MaxBytes - Bytes(after);
        string kept = string.Join(' ', sentences);
        for (int count = sentences.Count - 1; count > 0 && Bytes(kept) > room; count--)
        {
            kept = string.Join(' ', sentences.Take(count)) + Ellipsis;
        }

        return Cut(Cut(kept, MaxBytes - Math.Min(Bytes(after), MinRemedyBytes)) + after, MaxBytes);
    }

    private static IEnumerable<string> Sentences(string line)
    {
        string text = Line(line);
        int start = 0;
        for (int end = 1; end < text.Length - 1; end++)
        {
            if (text[end - 1] == '.' && text[end] == ' ' && char.IsUpper(text[end + 1]))
            {
                yield return text[start..end];
                start = end + 1;
            }
        }

        yield return text[start..];
    }

    private static string Line(string text) => Printable.Text(text.ReplaceLineEndings(" ")).Trim();

    private static string Cut(string text, int maxBytes)
    {
        if (Bytes(text) <= maxBytes)
        {
            return text;
        }

        int length = 0;
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes - EllipsisBytes)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        // A last word that fills more than half of the line is cut too.
        int word = text.LastIndexOf(' ', length);
        return text[..(word > length / 2 ? word : length)].TrimEnd(' ', '…') + Ellipsis;
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
