using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>Reads command lines from documents, word by word.</summary>
internal static partial class CommandLine
{
    private static readonly string[] Before = ["if", "until", "while", "do", "then", "!", "sudo", "$"];

    /// <summary>Every command of the documents, without its redirections, comments and leading variables.</summary>
    public static IEnumerable<(string Document, string[] Words)> All =>
        from document in Document.All
        from code in document.Code
        from words in Split(code)
        select (document.Path, words);

    public static IEnumerable<string[]> Split(string line)
    {
        string plain = Substitution().Replace(Comment().Replace(line, string.Empty), "1");
        List<string> words = [];
        foreach (string word in Word().Matches(plain).Select(match => match.Value).Append(";"))
        {
            if (word is "|" or "||" or "&&" or ";" or "&")
            {
                if (words.Count > 0)
                {
                    yield return [.. words];
                }

                words.Clear();
            }
            else if (!Redirection().IsMatch(word) && !(words.Count == 0 && (Before.Contains(word) || Assignment().IsMatch(word))))
            {
                words.Add(word.Trim('"', '\''));
            }
        }
    }

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\$\([^()]*\)")]
    private static partial Regex Substitution();

    // A word may have quoted parts with blanks in them.
    [GeneratedRegex("""\|\||&&|[|;&]|(?:[^\s"'|;&]|"(?:\\.|[^"\\])*"|'[^']*'|>&)+""")]
    private static partial Regex Word();

    [GeneratedRegex(@"^[0-9]*(>|<)")]
    private static partial Regex Redirection();

    [GeneratedRegex(@"^\w+=")]
    private static partial Regex Assignment();
}
