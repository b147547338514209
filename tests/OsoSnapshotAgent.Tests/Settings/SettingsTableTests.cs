using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Tests.Settings;

public sealed class SettingsTableTests
{
    [Fact]
    public void Has_each_name_once() => Assert.Equal(
        SettingsTable.All.Count, SettingsTable.All.DistinctBy(setting => setting.Name).Count());

    [Fact]
    public void The_help_fits_a_terminal_of_120_columns()
    {
        string[] lines = SettingsTable.Help.TrimEnd('\n').Split('\n');

        Assert.Equal("Environment:", lines[0]);
        Assert.All(lines.Skip(1), line => Assert.Matches("^(  [A-Z_]+=[^ ]+|      [^ ].*[.])$", line));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 120));
    }
}
