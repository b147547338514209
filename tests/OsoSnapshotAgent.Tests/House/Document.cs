using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>A Markdown file of the repository.</summary>
/// <param name="Path">The path in the repository, such as <c>docker/README.md</c>.</param>
internal sealed partial record Document(string Path, string Text)
{
    private static readonly string[] Skipped = ["bin", "obj", "dist", "TestResults", ".git"];

    public static IReadOnlyList<Document> All { get; } =
    [
        .. Find(SourceFile.Repository)
            .Order(StringComparer.Ordinal)
            .Select(path => new Document(
                System.IO.Path.GetRelativePath(SourceFile.Repository, path), File.ReadAllText(path))),
    ];

    /// <summary>All lines from the first one, each with its kind.</summary>
    public IReadOnlyList<(string Text, LineKind Kind)> Lines { get; } = Classify(Text.Split('\n'));

    /// <summary>All prose in one line, because a sentence may continue in the next line.</summary>
    public string Prose => string.Join(' ', Of(LineKind.Prose, LineKind.Table));

    /// <summary>The document's code blocks, with continued lines joined, and all its code spans.</summary>
    public IEnumerable<string> Code =>
        string.Join('\n', Of(LineKind.Code)).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Concat(CodeSpan().Matches(Prose).Select(span => span.Groups[1].Value));

    /// <summary>The names by which links address the headings, as GitHub makes them.</summary>
    public IEnumerable<string> Anchors => Of(LineKind.Prose)
        .Where(line => line.StartsWith('#'))
        .Select(line => NotInAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), string.Empty)
            .Replace(' ', '-'));

    /// <summary>The document's links within the repository: a relative path, an anchor, or both.</summary>
    public IEnumerable<string> Links => Link().Matches(CodeSpan().Replace(Prose, "code"))
        .Concat(LinkDefinition().Matches(Text))
        .Select(match => match.Groups[1].Value)
        .Where(link => !link.StartsWith("https://", StringComparison.Ordinal));

    /// <summary>Returns the rows of the table that begins with <paramref name="header"/>, cell by cell.</summary>
    public IReadOnlyList<string[]> Table(string header)
    {
        string[][] rows =
        [
            .. Text.Split('\n').SkipWhile(line => !line.StartsWith($"| {header} |", StringComparison.Ordinal)).Skip(2)
                .TakeWhile(line => line.StartsWith('|')).Select(Cells),
        ];
        Assert.NotEmpty(rows);
        return rows;
    }

    /// <summary>Splits a table's row into its cells. <c>\|</c> belongs to its cell.</summary>
    public static string[] Cells(string row) =>
        [.. CellBorder().Split(row.Trim()).Skip(1).SkipLast(1).Select(cell => cell.Trim())];

    public static Document At(string path) => All.Single(document => document.Path == path);

    public IEnumerable<string> Of(params LineKind[] kinds) =>
        Lines.Where(line => kinds.Contains(line.Kind)).Select(line => line.Text);

    private static IEnumerable<string> Find(string directory) => Directory.EnumerateFiles(directory, "*.md").Concat(
        Directory.EnumerateDirectories(directory)
            .Where(path => !Skipped.Contains(System.IO.Path.GetFileName(path)))
            .SelectMany(Find));

    private static List<(string Text, LineKind Kind)> Classify(string[] lines)
    {
        List<(string Text, LineKind Kind)> classified = [];
        bool isFenced = false;
        LineKind before = LineKind.Prose;
        foreach (string line in lines)
        {
            bool isFence = line.StartsWith("```", StringComparison.Ordinal);
            isFenced ^= isFence;
            bool mayBeCode = before == LineKind.Code || classified.Count == 0 || classified[^1].Text.Length == 0;
            bool isCode = isFenced || isFence
                || (mayBeCode && (line.StartsWith("    ", StringComparison.Ordinal)
                    || (line.Length == 0 && before == LineKind.Code)));
            before = isCode ? LineKind.Code : line.StartsWith('|') ? LineKind.Table : LineKind.Prose;
            classified.Add((line, before));
        }

        return classified;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^\[[^\]]+\]: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex LinkDefinition();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellBorder();
}

/// <summary>The kind of a document's line.</summary>
internal enum LineKind
{
    Prose,
    Table,
    Code,
}
