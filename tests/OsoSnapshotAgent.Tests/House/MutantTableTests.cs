namespace OsoSnapshotAgent.Tests.House;

/// <summary>tests/mutants.txt names lines of the source: mutants.py ends where one is no longer there.</summary>
public sealed class MutantTableTests
{
    private static readonly string[] Projects = ["OsoSnapshotCore", "OsoSnapshotAgent"];

    [Fact]
    public void Each_line_of_the_table_is_in_the_source()
    {
        string table = File.ReadAllText(Path.Join(SourceFile.Repository, "tests/mutants.txt"));
        string[] missing =
        [
            .. table.Split("\n\n").Select(entry => entry.Split('\n'))
                .Where(entry => entry is [_, ['-', ' ', ..], ..] && !LinesOf(entry[0]).Contains(entry[1][2..]))
                .Select(entry => $"{entry[0]}: {entry[1]}"),
        ];

        Assert.Empty(missing);
    }

    private static IEnumerable<string> LinesOf(string file) => Projects
        .Select(project => Path.Join(SourceFile.Repository, $"src/{project}/{file}")).Where(File.Exists)
        .SelectMany(File.ReadLines).Select(line => line.Trim());
}
