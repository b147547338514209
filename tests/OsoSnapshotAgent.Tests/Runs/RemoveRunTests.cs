using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Runs;

/// <summary>Tests that a run and REMOVE=yes delete all of the agent's artefacts and nothing else.</summary>
public sealed class RemoveRunTests : IDisposable
{
    private static readonly string[] NotOurs =
    [
        "01J5QZ8X0M3N4P5Q6R7S8T9V0W/", "01J5QZ8X0M3N4P5Q6R7S8T9V0W/index", "lock", "my-snapshots.tgz", "queries.active",
        "snapshots.tgz.bak", "snapshots2/", "wal/", "wal/00000001",
    ];

    private static readonly string[] Ours =
        ["snapshots.log", "snapshots.tgz", "snapshots.tgz.part", "snapshots.tgz.sha256", $"snapshots/{SampleData.Name}/{SampleBlock.Ulid}/index", "snapshots/odd"];

    private readonly TempDirectory _directory = new();
    private RunResult? _result;

    public RemoveRunTests()
    {
        foreach (string path in NotOurs)
        {
            if (path.EndsWith('/'))
            {
                _directory.Make(path.TrimEnd('/'));
            }
            else
            {
                _directory.Write(path, path);
            }
        }
    }

    [Fact]
    public async Task Removing_deletes_every_artefact_and_nothing_else()
    {
        WriteOurs();
        using Agent agent = await RemoveAsync();

        Assert.Equal(NotOurs, _directory.Content());
        Assert.Contains("✅ Removed snapshots/, snapshots.log, snapshots.tgz.part, snapshots.tgz.sha256, snapshots.tgz.", agent.Transcript.Lines);
        Assert.Equal("removed snapshots/, snapshots.log, snapshots.tgz.part, snapshots.tgz.sha256, snapshots.tgz", _result?.Summary);
    }

    [Fact]
    public async Task Removing_shows_the_directory_before_and_after()
    {
        WriteOurs();
        using Agent agent = await RemoveAsync();

        string[] lines = [.. agent.Transcript.Lines];
        int success = Array.FindIndex(lines, line => line.StartsWith('✅'));
        Assert.Contains(lines[..success], line => line.EndsWith(" snapshots.log", StringComparison.Ordinal));
        Assert.Contains(lines[success..], line => line.EndsWith(" wal", StringComparison.Ordinal));
        Assert.DoesNotContain(lines[(success + 1)..], line => Ours.Append("snapshots").Any(name => line.EndsWith(" " + name, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_deleted_too_since_no_archive_can_be_written_over_it()
    {
        _directory.Link("snapshots.tgz.part", "/not/there");
        using Agent agent = Clean();

        Assert.Equal(NotOurs, _directory.Content());
    }

    [Fact]
    public async Task Removing_nothing_says_so()
    {
        using Agent agent = await RemoveAsync();

        Assert.Equal(NotOurs, _directory.Content());
        Assert.Contains("✅ Nothing to remove: no artefact of a snapshot was there.", agent.Transcript.Lines);
    }

    [Fact]
    public void Cleaning_up_keeps_the_log_and_a_finished_archive_where_two_have_room()
    {
        WriteOurs();
        using Agent agent = Clean(EarlierArchiveFate.IsReplaced);

        Assert.Equal(NotOurs.Concat(["snapshots.log", "snapshots.tgz", "snapshots.tgz.sha256"]).Order(StringComparer.Ordinal), _directory.Content());
        Assert.Equal(
            [
                "✅ Existing snapshots.tgz (13 B) found. The archive stays until a new one is verified and replaces it.",
                "✅ Existing snapshots.tgz.part (18 B) found and deleted.",
                "✅ Existing directory snapshots (1 inside) found and deleted.",
            ],
            agent.Transcript.Lines.Where(line => line.StartsWith('✅')));
    }

    [Fact]
    public void A_checksum_without_its_archive_is_deleted()
    {
        _directory.Write("snapshots.tgz.sha256", "0  snapshots.tgz");
        using Agent agent = Clean(EarlierArchiveFate.IsReplaced);

        Assert.Equal(NotOurs, _directory.Content());
    }

    [Fact]
    public void Cleaning_up_deletes_archives_and_snapshots_but_keeps_the_log_where_two_archives_have_no_room()
    {
        WriteOurs();
        using Agent agent = Clean();

        Assert.Equal(NotOurs.Append("snapshots.log").Order(StringComparer.Ordinal), _directory.Content());
        Assert.Contains("STEP 1: CHECKING FOR EXISTING SNAPSHOT ARCHIVES AND CLEANING UP IF NECESSARY", agent.Transcript.Lines);
        string[] lines = [.. agent.Transcript.Lines];
        Assert.True(
            Array.IndexOf(lines, "⚠️ There is no room for two archives: the existing snapshots.tgz is deleted before the new one is made.")
            < Array.IndexOf(lines, "✅ Existing snapshots.tgz (13 B) found and deleted."));
        Assert.Equal(
            [
                "✅ Existing snapshots.tgz.part (18 B) found and deleted.",
                "✅ Existing snapshots.tgz.sha256 (20 B) found and deleted.",
                "✅ Existing snapshots.tgz (13 B) found and deleted.",
                "✅ Existing directory snapshots (1 inside) found and deleted.",
            ],
            agent.Transcript.Lines.Where(line => line.StartsWith('✅')));
    }

    [Fact]
    public void Cleaning_up_a_clean_directory_says_that_none_was_found()
    {
        using Agent agent = Clean();

        Assert.Equal(NotOurs, _directory.Content());
        Assert.Equal(
            ["✅ No existing snapshots.tgz found.", "✅ No existing directory snapshots found."],
            agent.Transcript.Lines.Where(line => line.StartsWith('✅')));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_link_named_snapshots_is_deleted_but_not_what_it_leads_to(bool removes)
    {
        _directory.Link("snapshots", "wal");
        using Agent agent = removes ? await RemoveAsync() : Clean();

        Assert.Equal(NotOurs, _directory.Content());
    }

    public void Dispose() => _directory.Dispose();

    private void WriteOurs()
    {
        foreach (string path in Ours)
        {
            _directory.Write(path, path);
        }
    }

    private async Task<Agent> RemoveAsync()
    {
        Agent agent = new(_directory, new AgentSettings { Mode = RunMode.Remove });
        _result = await agent.RemoveAsync();
        return agent;
    }

    private Agent Clean(EarlierArchiveFate fate = EarlierArchiveFate.IsDeletedFirst)
    {
        Agent agent = new(_directory, new AgentSettings());
        agent.Clean(fate);
        return agent;
    }
}
