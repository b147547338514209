using System.Globalization;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Tests.House;

namespace OsoSnapshotAgent.Tests.Output;

public sealed class LogIdTests
{
    [Fact]
    public void The_table_in_the_README_has_every_number_and_no_other()
    {
        // "| `oso-201` | … |"
        IEnumerable<int> listed = File.ReadLines(Path.Join(SourceFile.Repository, "README.md"))
            .Where(line => line.StartsWith("| `oso-", StringComparison.Ordinal))
            .Select(line => int.Parse(line.AsSpan(7, 3), CultureInfo.InvariantCulture));

        Assert.Equal(Enum.GetValues<LogId>().Select(id => (int)id), listed);
    }
}
