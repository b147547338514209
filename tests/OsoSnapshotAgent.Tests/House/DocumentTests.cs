using System.Text;
using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>Tests the rules for documents in CONTRIBUTING.md: their size, and that whatever they name exists.</summary>
public sealed partial class DocumentTests
{
    private const int MaxBytes = 10_000;
    private const int MaxReadmeBytes = 8_000;
    private const int MaxColumns = 120;
    private const int MaxCellColumns = 80;

    [Fact]
    public void No_document_is_too_long()
    {
        Assert.Contains(Document.All, document => document.Path == "README.md");
        Assert.All(Document.All, document => Assert.InRange(
            Encoding.UTF8.GetByteCount(document.Text),
            1,
            document.Path switch
            {
                "README.md" => MaxReadmeBytes,
                // It grows with each version.
                "CHANGELOG.md" => int.MaxValue,
                _ => MaxBytes,
            }));
    }

    [Fact]
    public void No_line_of_prose_has_more_than_120_columns() => Assert.Empty(Document.All.SelectMany(document =>
        document.Of(LineKind.Prose).Where(line => line.Length > MaxColumns)
            .Select(line => $"{document.Path}: {line}")));

    [Fact]
    public void No_cell_of_a_table_has_more_than_80_characters() => Assert.Empty(Document.All.SelectMany(document =>
        document.Of(LineKind.Table).SelectMany(Document.Cells).Where(cell => Shown(cell).Length > MaxCellColumns)
            .Select(cell => $"{document.Path}: {cell}")));

    [Fact]
    public void Every_link_leads_to_a_file_and_to_a_heading_in_it() => Assert.Empty(
        from document in Document.All
        from link in document.Links
        let parts = link.Split('#')
        let path = parts[0].Length == 0
            ? document.Path
            : Path.GetRelativePath(
                SourceFile.Repository,
                Path.Join(SourceFile.Repository, Path.GetDirectoryName(document.Path), parts[0]))
        where !Exists(path) || (parts.Length > 1 && !Document.At(path).Anchors.Contains(parts[1]))
        select $"{document.Path}: {link}");

    [Fact]
    public void Every_document_can_be_reached_from_README_with_two_clicks()
    {
        HashSet<string> reached = ["README.md"];
        for (int click = 0; click < 2; click++)
        {
            reached.UnionWith(reached.SelectMany(LinkedFrom).ToArray());
        }

        Assert.Empty(Document.All.Select(document => document.Path).Except(reached));
    }

    [Fact]
    public void Every_file_of_the_repository_that_is_named_is_there() => Assert.Empty(
        // The changelog may name deleted files.
        from document in Document.All.Where(document => document.Path != "CHANGELOG.md")
        from named in RepositoryPath().Matches(string.Join('\n', document.Code)).Select(match => match.Value)
        where !named.Contains('*', StringComparison.Ordinal) && !Exists(named.TrimEnd('/'))
        select $"{document.Path}: {named}");

    [Fact]
    public void Every_document_that_the_code_names_is_there()
    {
        string[] named =
        [
            .. SourceFile.All
                .SelectMany(file => DocumentPath().Matches(file.Text)).Select(match => match.Value).Distinct(),
        ];

        Assert.NotEmpty(named);
        Assert.All(named, path => Assert.True(Exists(path), path));
    }

    [Fact]
    public void Every_test_that_is_named_is_there()
    {
        Dictionary<string, string> tests = Directory
            .EnumerateFiles(Path.Join(SourceFile.Repository, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .GroupBy(path => Path.GetFileNameWithoutExtension(path))
            .ToDictionary(same => same.Key, same => string.Concat(same.Select(File.ReadAllText)));

        Assert.Empty(
            from document in Document.All
            from named in TestName().Matches(document.Text)
            let method = named.Groups[2].Value
            where !tests.TryGetValue(named.Groups[1].Value, out string? text)
                || (method.Length > 0 && !text.Contains($" {method}(", StringComparison.Ordinal))
            select $"{document.Path}: {named.Value}");
    }

    [Fact]
    public void Every_variable_that_is_named_is_read_by_a_program()
    {
        string programs = string.Concat(
            from folder in new[] { "src", "tests", "docker" }
            from path in Directory.EnumerateFiles(
                Path.Join(SourceFile.Repository, folder), "*", SearchOption.AllDirectories)
            where Path.GetExtension(path) is ".cs" or ".sh" or ".py" && !path.Contains("/obj/", StringComparison.Ordinal)
            select File.ReadAllText(path));

        Assert.All(
            Document.All.SelectMany(document => Variable().Matches(document.Text)).Select(match => match.Value).Distinct(),
            name => Assert.True(programs.Contains(name, StringComparison.Ordinal), name));
    }

    // A rendered link shows only its text.
    private static string Shown(string cell) => LinkTarget().Replace(cell, "$1");

    private static bool Exists(string path) => Path.Exists(Path.Join(SourceFile.Repository, path));

    private static IEnumerable<string> LinkedFrom(string path)
    {
        string directory = Path.Join(SourceFile.Repository, Path.GetDirectoryName(path));
        return (Document.All.SingleOrDefault(one => one.Path == path)?.Links ?? [])
            .Select(link => Path.GetRelativePath(SourceFile.Repository, Path.Join(directory, link.Split('#')[0])));
    }

    [GeneratedRegex(@"(?<![\w/.-])(?:src|tests|docker)/[\w./*-]+\w/?")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"\b(?:[\w-]+/)*[A-Z][\w-]+\.md\b")]
    private static partial Regex DocumentPath();

    [GeneratedRegex(@"\b([A-Z]\w+Tests)\b(?!/)(?:\.([A-Z]\w+))?")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\bOSO_[A-Z_]+[A-Z]\b")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkTarget();
}
