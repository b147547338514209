using System.Globalization;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>Compares the tables of the agent's reference with the code.</summary>
public sealed partial class ReferenceTests
{
    private static readonly Document Reference = Document.At("src/OsoSnapshotAgent/REFERENCE.md");
    private static readonly Document Client = Document.At("src/OsoSnapshotClient/README.md");

    [Fact]
    public void It_has_each_setting()
    {
        Assert.Equal(
            Helped.Keys.Order(StringComparer.Ordinal),
            Reference.Table("variable").Select(row => row[0].Trim('`')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_default_is_that_of_the_help() => Assert.Empty(
        from row in Reference.Table("variable")
        let help = Helped[row[0].Trim('`')]
        where help.Contains("Default:", StringComparison.Ordinal)
        from value in CodeSpan().Matches(row[1]).Select(span => span.Groups[1].Value)
        where !help.Split("Default:")[1].Contains(value, StringComparison.Ordinal)
        select $"{row[0]}: {value}");

    [Fact]
    public void It_has_each_exit_status() => Assert.Equal(
        Enum.GetValues<ExitStatus>().Select(status => (int)status), Statuses(Reference).Order());

    [Fact]
    public void The_client_has_no_exit_status_of_its_own() =>
        Assert.All(Statuses(Client), status => Assert.True(Enum.IsDefined((ExitStatus)status), $"{status}"));

    [Fact]
    public void It_has_each_number_of_the_log() => Assert.Equal(
        Enum.GetValues<LogId>().Select(id => $"`oso-{(int)id}`"), Reference.Table("number").Select(row => row[0]));

    [Fact]
    public void It_has_each_file_that_the_agent_makes_or_deletes() => Assert.Equal(
        new[]
        {
            DataDirectory.SnapshotsName + "/", DataDirectory.ArchiveName, DataDirectory.ChecksumName,
            DataDirectory.LogName, DataDirectory.PartialName,
        }.Order(StringComparer.Ordinal),
        Reference.Table("name").Select(row => row[0].Trim('`')).Order(StringComparer.Ordinal));

    private static Dictionary<string, string> Helped => SettingsTable.All.ToDictionary(
        setting => setting.Name, setting => string.Join(' ', setting.Help));

    private static IEnumerable<int> Statuses(Document document) => document.Table("status")
        .SelectMany(row => row[0].Split(", "))
        .Select(status => int.Parse(status, CultureInfo.InvariantCulture));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();
}
