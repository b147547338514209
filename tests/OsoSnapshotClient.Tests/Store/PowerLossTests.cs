using System.Globalization;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotClient.Tests.Fixtures.Disk;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// Records two backups and a prune, and cuts the power after each operation. OSO_TEST_SEED repeats the random losses.
/// </summary>
public sealed class PowerLossTests : IDisposable
{
    private const string Pod = "kind/" + BackupSample.Pod;
    private const string First = "20261101T000000Z-0eb533ff8d43ed64";
    private const string Second = "20261102T000000Z-0eb533ff8d43ed64";
    private const string Third = "20261103T000000Z-0eb533ff8d43ed64";

    // Every so many states, a backup continues on what is left.
    private const int ContinueEvery = 40;

    private static readonly int Seed =
        int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), CultureInfo.InvariantCulture, out int set)
            ? set
            : Environment.TickCount & 0xFFFF;

    private readonly BackupSample _sample = new();
    private readonly BackupSample _replayed = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _sample.Dispose();
        _replayed.Dispose();
    }

    [Fact]
    public async Task Whatever_a_power_cut_loses_each_list_is_complete_and_what_was_reported_is_there()
    {
        (IReadOnlyList<DiskOperation> operations, int first, int second) = await RecordAsync();
        Random random = new(Seed);
        HashSet<string> seen = [];
        for (int done = 0; done <= operations.Count; done++)
        {
            string[] reported = done < first ? [] : done < second ? [First] : done == second ? [First, Second] : [Second];
            foreach ((PowerCut state, string lost) in PowerCut.After([.. operations.Take(done)], random))
            {
                if (seen.Add($"{string.Join(' ', reported)} {state.Digest}"))
                {
                    string told = $"Seed {Seed}, cut after {done} of {operations.Count} operations, lost: {lost}";
                    Check(state, reported, told);
                    await ContinueAsync(seen.Count, told);
                }
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{operations.Count} operations, {seen.Count} states");
    }

    // After the first backup one of its blocks is replaced, so that prune has a block to delete.
    private async Task<(IReadOnlyList<DiskOperation> All, int First, int Second)> RecordAsync()
    {
        Directory.CreateDirectory(_sample.Backup);
        using DirectoryHandle root = DirectoryHandle.Open(_sample.Backup);
        using RecordedDisk disk = new(root);
        DirectoryHandle.Watch = disk.Watch;
        HeldDatabase database = _sample.Database("data");
        await _sample.BackUpAsync(database, First, Pod);
        int first = disk.Operations.Count;
        Directory.Delete(_sample.PathOf("data/" + database.Blocks[0].Ulid), recursive: true);
        await _sample.BackUpAsync(_sample.Database("data", blocks: 1, seed: 7), Second, Pod);
        int second = disk.Operations.Count;
        new PruneRun(_sample.Place, new(Last: 1), isTrial: false, TextWriter.Null, TimeProvider.System).Run(Token);
        DirectoryHandle.Watch = null;
        Assert.True(first > 0 && second > first && disk.Operations.Count > second);
        return (disk.Operations, first, second);
    }

    private void Check(PowerCut state, string[] reported, string told)
    {
        Recreate(state);
        string[] lists =
        [
            .. state.Files.Keys.Where(path => path.StartsWith("snapshots/", StringComparison.Ordinal))
                .Where(path => path.EndsWith(ManifestStore.Extension, StringComparison.Ordinal))
                .Select(path => Path.GetFileNameWithoutExtension(path)),
        ];
        Assert.True(reported.All(lists.Contains), $"{told}: there are only {string.Join(", ", lists)}");

        // A directory without lists may lack one of its folders; the next backup makes it.
        if (lists.Length > 0 || state.Directories.Intersect(["blocks", "snapshots"]).Count() == 2)
        {
            AssertSound(told, lists.Length > 0);
        }
    }

    private async Task ContinueAsync(int states, string told)
    {
        if (states % ContinueEvery == 0)
        {
            Exception? failure = await Record.ExceptionAsync(
                () => _replayed.BackUpAsync(new(_sample.PathOf("data")), Third, Pod));
            Assert.True(failure is null, $"{told}, continued:\n{failure}");
            AssertSound($"{told}, continued", hasLists: true);
        }
    }

    private void Recreate(PowerCut state)
    {
        if (Directory.Exists(_replayed.Backup))
        {
            Directory.Delete(_replayed.Backup, recursive: true);
        }

        state.WriteTo(_replayed.Backup);
    }

    private void AssertSound(string told, bool hasLists)
    {
        using StringWriter said = new();
        Exception? damage = Record.Exception(() => new BackupVerify(_replayed.Place, said, ascii: false).Run(Token));
        bool isSound = hasLists ? damage is null : damage is OperatorException { Status: ExitStatus.NoBlock };
        Assert.True(isSound, $"{told}:\n{damage?.Message}\n{said}");
    }
}
