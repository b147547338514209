using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>Tests that the code has each message that documents quote.</summary>
public sealed partial class MessageTests
{
    private static readonly string[] Messages =
        [.. SourceText.All.Where(text => !text.IsComment).Select(text => text.Value)];

    public static TheoryData<string, string> Quoted =>
        [.. Document.All.SelectMany(document => CurlyQuotes().Matches(document.Prose)
            .Select(match => (document.Path, match.Groups[1].Value)).Distinct())];

    [Theory]
    [MemberData(nameof(Quoted))]
    public void A_message_between_curly_quotes_is_one_of_the_code(string document, string quoted)
    {
        // "…" in a document may also stand for words of the code's message.
        string[] parts = [.. quoted.Split(SourceText.Varying).Select(part => part.Trim()).Where(part => part.Length > 0)];

        Assert.NotEmpty(parts);
        Assert.True(
            Messages.Any(message => HasInOrder(message, parts)),
            $"{document} quotes “{quoted}”, but no message of the code has these words.");
    }

    [Fact]
    public void Literals_are_read_as_the_compiler_reads_them()
    {
        const string Code = """"
            // a comment
            throw new($"The {(isLate ? "late" : $"{name}")} run ended: {{{status}}}."
                + " Run it again.", '"', '\'', @"C:\""x""", "next\n");
            """";

        Assert.Equal(
            ["// a comment", "The … run ended: {…}. Run it again.", @"C:\""x""", @"next\n"],
            SourceText.Read("x.cs", Code).Select(text => text.Value));
    }

    private static bool HasInOrder(string message, string[] parts)
    {
        int from = 0;
        foreach (string part in parts)
        {
            int found = message.IndexOf(part, from, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            from = found + part.Length;
        }

        return true;
    }

    [GeneratedRegex("“([^”]+)”")]
    private static partial Regex CurlyQuotes();
}
