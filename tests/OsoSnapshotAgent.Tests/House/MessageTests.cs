using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>Tests that the code has each message that documents quote.</summary>
public sealed partial class MessageTests
{
    private const char Varying = '…';

    // The literals of one message are joined by + at a line's start. Joined, a message is one line.
    private static readonly string[] Lines =
    [
        .. SourceFile.All.SelectMany(file => Joint().Replace(file.Text, string.Empty).Split('\n'))
            .Where(line => line.Contains('"', StringComparison.Ordinal)),
    ];

    public static TheoryData<string, string> Quoted =>
        [.. Document.All.SelectMany(document => CurlyQuotes().Matches(document.Prose)
            .Select(match => (document.Path, match.Groups[1].Value)).Distinct())];

    [Theory]
    [MemberData(nameof(Quoted))]
    public void A_message_between_curly_quotes_is_one_of_the_code(string document, string quoted)
    {
        // "…" in a document stands for a value, or for words of the code's message.
        string[] parts = [.. quoted.Split(Varying).Select(part => part.Trim()).Where(part => part.Length > 0)];

        Assert.NotEmpty(parts);
        Assert.True(
            Lines.Any(line => HasInOrder(line, parts)),
            $"{document} quotes “{quoted}”, but no message of the code has these words.");
    }

    private static bool HasInOrder(string line, string[] parts)
    {
        int from = 0;
        foreach (string part in parts)
        {
            int found = line.IndexOf(part, from, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            from = found + part.Length;
        }

        return true;
    }

    [GeneratedRegex(@"""\s*\+ \$?""")]
    private static partial Regex Joint();

    [GeneratedRegex("“([^”]+)”")]
    private static partial Regex CurlyQuotes();
}
