using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>
/// Tests that words and phrases which readers must read twice are not used. Each is listed with a clear replacement.
/// </summary>
public sealed class WordTests
{
    public static TheoryData<string, string> Words => new()
    {
        { @"\b(goes|go|went|gone|going) on\b", "continues, resumes" },
        { @"\b(comes?|resumed?|resumes|goes|close) behind\b", "after" },
        { @"\bstand(s|ing)? still\b", "stalls" },
        { @"\bpatience\b", "timeout" },
        { @"\blikeness\b", "the same process" },
        { @"\bon (its|the|their) way\b", "says nothing: leave it out" },
        { @"\b(nothing|all|none|anything|everything|nobody|nowhere|no \w+) but\b(?! is\b)", "only, except" },
        { @"\b[Ww]ho(m)?ever\b", "name who it is" },
        { @"\bhalf-made\b", "partial, incomplete" },
        { @"\b(said|says) so\b", "say what is said" },
        { @"\b(has|have|had) come\b", "arrived, received, appeared" },
        { @"\bnone of it matters\b", "otherwise it is ignored" },
        { @"\bleads? nowhere\b", "fails" },
        { @"\b(Most|Least)[A-Z]\w+\b", "Max…, Min…" },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void Is_not_used(string pattern, string instead)
    {
        Regex word = new(pattern, RegexOptions.None, TimeSpan.FromSeconds(10));
        string[] uses =
        [
            .. Document.All.Where(document => word.IsMatch(document.Prose))
                .Select(document => $"{document.Path}: {word.Match(document.Prose)}"),
            .. SourceText.All
                .Where(text => word.IsMatch(text.Value))
                .Select(text => $"src/{text.Path}:{text.Line}: {text.Value.Trim()}"),
        ];

        Assert.True(uses.Length == 0, $"Say instead: {instead}\n{string.Join('\n', uses)}");
    }
}
