using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>A source file of the product.</summary>
/// <param name="Path">The path below src, such as <c>OsoSnapshotAgent/Linux/LibC.cs</c>.</param>
internal sealed partial record SourceFile(string Path, IReadOnlyList<string> Lines)
{
    /// <summary>The repository's directory.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Every handwritten C# file.</summary>
    public static IReadOnlyList<SourceFile> All { get; } =
    [
        .. new[] { "OsoSnapshotCore", "OsoSnapshotAgent", "OsoSnapshotClient" }
            .SelectMany(project => Directory.EnumerateFiles(
                System.IO.Path.Join(Repository, "src", project),
                "*.cs",
                SearchOption.AllDirectories))
            .Select(path => (Path: System.IO.Path.GetRelativePath(System.IO.Path.Join(Repository, "src"), path), Full: path))
            .Where(file => !file.Path.Split('/').Intersect(["bin", "obj"]).Any())
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .Select(file => new SourceFile(file.Path, File.ReadAllLines(file.Full))),
    ];

    /// <summary>The project, such as <c>OsoSnapshotAgent</c>.</summary>
    public string Program => Path.Split('/')[0];

    /// <summary>The uppermost folder below the project; empty for the project's own directory.</summary>
    public string Room => Path.Split('/') is [_, var room, _, ..] ? room : string.Empty;

    /// <summary>The rooms of all projects, except its own, that the file names in its usings and code.</summary>
    public IEnumerable<(string Program, string Room)> UsedRooms => Lines
        .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("namespace ", StringComparison.Ordinal))
        .SelectMany(line => Namespace().Matches(line))
        .Select(match => (match.Groups[1].Value, match.Groups[2].Value))
        .Where(used => used != (Program, Room))
        .Distinct();

    public string Text => string.Join('\n', Lines);

    [GeneratedRegex(@"\b(OsoSnapshot(?:Agent|Client|Core))\.([A-Z]\w+)")]
    private static partial Regex Namespace();

    private static string FindRepository()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(System.IO.Path.Join(directory, "OsoSnapshotAgent.sln")))
        {
            directory = System.IO.Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests do not run within the repository.");
    }
}
