using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>Tests the limits of the chapter "Rules" of CONTRIBUTING.md.</summary>
public sealed partial class SourceLimitTests
{
    private const int MaxLines = 280;
    private const int MaxMethodLines = 40;
    private const int MaxColumns = 120;
    private const int MaxMessageColumns = 140;

    [Fact]
    public void No_file_has_more_than_280_lines() =>
        Assert.Empty(SourceFile.All.Where(file => file.Lines.Count > MaxLines).Select(file => $"{file.Path}: {file.Lines.Count}"));

    [Fact]
    public void No_line_has_more_than_120_columns_and_one_message_text_140() =>
        Assert.Empty(SourceFile.All.SelectMany(file => file.Lines.Select((line, index) => (line, index))
            .Where(at => at.line.Length > (MessageText().IsMatch(at.line) ? MaxMessageColumns : MaxColumns))
            .Select(at => $"{file.Path}:{at.index + 1}")));

    [Fact]
    public void No_method_has_more_than_40_lines() => Assert.Empty(SourceFile.All.SelectMany(LongMethods));

    [Theory]
    [InlineData("LibC.", "Linux/")]
    [InlineData("FileCalls.", "Files/", "Cli/ControlSocket.cs")]
    [InlineData("LibraryImport", "Files/Linux/FileCalls.cs", "Linux/LibC.cs", "Cluster/", "Kubectl/Posix.cs", "Kubectl/WindowsJob.cs")]
    [InlineData("unsafe ", "Files/Linux/", "Linux/", "Streams/IsalLibrary.cs", "Archives/Gzip/Isal")]
    [InlineData("using Polly", "Server/Api")]
    [InlineData("ICSharpCode.SharpZipLib", "Archives/Tar/TarEntryWriter.cs")]
    public void Is_used_only_in(string text, params string[] places)
    {
        string[] users =
        [
            .. SourceFile.All
                .Where(file => file.Lines.Any(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                    && line.Contains(text, StringComparison.Ordinal)))
                .Select(file => file.Path[(file.Path.IndexOf('/', StringComparison.Ordinal) + 1)..]),
        ];

        Assert.NotEmpty(users);
        Assert.All(users, user => Assert.Contains(places, place => user.StartsWith(place, StringComparison.Ordinal)));
    }

    // .editorconfig indents members by four columns, so a method's braces are in that column.
    private static IEnumerable<string> LongMethods(SourceFile file)
    {
        for (int start = 0; start < file.Lines.Count; start++)
        {
            int end = file.Lines[start] == "    {" ? file.Lines.Skip(start).ToList().FindIndex(line => line.StartsWith("    }", StringComparison.Ordinal)) : -1;
            int head = start;
            while (end > 0 && !Member().IsMatch(file.Lines[head]))
            {
                head--;
            }

            if (end > 0 && start - head + end + 1 > MaxMethodLines && !Nested().IsMatch(file.Lines[head]))
            {
                yield return $"{file.Path}:{head + 1}: {start - head + end + 1}";
            }
        }
    }

    // A message's line has only the quoted text, and what may precede or follow it.
    [GeneratedRegex(@"^\s*([?:+]|=>|return|throw)?\s*\$?""")]
    private static partial Regex MessageText();

    [GeneratedRegex("^    [^ {]")]
    private static partial Regex Member();

    [GeneratedRegex(@"\b(enum|class|record|struct)\b")]
    private static partial Regex Nested();
}
