using System.Text.RegularExpressions;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>Tests lists whose sizes no long can add: such a list is told or refused, and nothing overflows.</summary>
public sealed class LargeSizeTests : IAsyncLifetime
{
    private readonly BackupSample _sample = new();

    public async ValueTask InitializeAsync() => await _sample.BackUpAsync(_sample.Database("one", blocks: 3));

    public ValueTask DisposeAsync()
    {
        _sample.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_table_of_backups_shows_the_maximum(bool isJson)
    {
        Enlarge("fileBytes");
        using StringWriter table = new();

        new BackupsTable(_sample.Place, isJson, table).Run(TestContext.Current.CancellationToken);

        Assert.Contains(isJson ? "9223372036854775807" : "8.0 EiB", table.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restore_has_too_little_room()
    {
        Enlarge("bytes");
        RestoreTarget target = new(_sample.PathOf("restored"), null, TextWriter.Null, TimeProvider.System);

        OperatorException refused = Assert.Throws<OperatorException>(() => new BackupRestore(
            _sample.Place, null, null, target, TextWriter.Null).Run(TestContext.Current.CancellationToken));

        Assert.Equal(ExitStatus.NoRoom, refused.Status);
        Assert.Contains("Not enough room: 8.0 EiB to unpack", refused.Message, StringComparison.Ordinal);
    }

    private void Enlarge(string name)
    {
        string path = _sample.ListOf(BackupSample.Snapshot);
        File.WriteAllText(path, Regex.Replace(File.ReadAllText(path), $"(\"{name}\": )[0-9]+", "${1}" + long.MaxValue));
    }
}
