using System.Security.Cryptography;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Tests.Fixtures;
using TsdbGenerator;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// Backs up a database once a day for 30 days. The database appends, compacts (2 h, 6 h, 18 h) and deletes old blocks
/// as Prometheus does with a retention of 15 days.
/// </summary>
public sealed class ThirtyDaysTests : IDisposable
{
    private const int Days = 30;
    private const int BytesPerHour = 15_000;
    private static readonly TimeSpan Retention = TimeSpan.FromDays(15);
    private static readonly DateTimeOffset Start = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly int[] Hours = [18, 6, 2];

    private readonly BackupSample _sample = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public async Task A_month_of_backups_takes_a_quarter_of_thirty_archives_and_each_restores_to_its_day()
    {
        List<(string Snapshot, string[] Content)> days = [];
        long archives = 0;
        for (int day = 1; day <= Days; day++)
        {
            DateTimeOffset now = Start + TimeSpan.FromDays(day) + TimeSpan.FromHours(3);
            LiveUntil(now);
            HeldDatabase database = new(_sample.PathOf("data"));
            string snapshot = $"{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-0eb533ff8d43ed64";
            BackedUp outcome = await _sample.BackUpAsync(database, snapshot);
            archives += outcome.List.Blocks.Sum(block => block.FileBytes);
            days.Add((snapshot, ContentOf(_sample.PathOf("data"))));
        }

        long stored = _sample.Blocks.Sum(block => new FileInfo(block).Length);
        TestContext.Current.SendDiagnosticMessage(
            $"{_sample.Blocks.Count} blocks, {stored} bytes: {100.0 * stored / archives:F1} % of {archives}");
        Assert.InRange((double)stored / archives, 0.05, 0.25);
        Assert.All(days, day => Assert.Equal(day.Content, Restore(day.Snapshot)));

        using StringWriter said = new();
        new PruneRun(_sample.Place, new(7, null), isTrial: false, said, TimeProvider.System)
            .Run(TestContext.Current.CancellationToken);
        Assert.True(_sample.Blocks.Sum(block => new FileInfo(block).Length) < stored, said.ToString());
        Assert.All(days[^7..], day => Assert.Equal(day.Content, Restore(day.Snapshot)));
        new BackupVerify(_sample.Place, TextWriter.Null, ascii: false).Run(TestContext.Current.CancellationToken);
    }

    // A window becomes a block after all of the window and two more hours have left the head.
    private void LiveUntil(DateTimeOffset now)
    {
        DateTimeOffset head = now - TimeSpan.FromHours(3);
        DateTimeOffset oldest = now - Retention;
        HashSet<string> wanted = [];
        DateTimeOffset at = Start;
        while (at < head)
        {
            int hours = Array.Find(
                Hours, length => IsAligned(at, length) && (length == 2 || at.AddHours(length + 2) <= head));
            if (at.AddHours(hours) > oldest)
            {
                wanted.Add(Generate(at.AddHours(hours), hours, seed: 1));
            }

            at = at.AddHours(hours);
        }

        // Each snapshot makes its own block of the head.
        wanted.Add(Generate(head.AddHours(2), 2, seed: (ulong)now.ToUnixTimeSeconds()));
        foreach (string block in Directory.GetDirectories(_sample.PathOf("data"))
            .Where(block => !wanted.Contains(Path.GetFileName(block))))
        {
            Directory.Delete(block, recursive: true);
        }
    }

    private static bool IsAligned(DateTimeOffset at, int hours) => at.ToUnixTimeSeconds() % (hours * 3600L) == 0;

    private string Generate(DateTimeOffset end, int hours, ulong seed)
    {
        string known = _sample.PathOf($"known-{end.ToUnixTimeSeconds()}-{hours}-{seed}");
        if (!File.Exists(known))
        {
            GeneratedBlock block = Assert.Single(BlockGenerator.Generate(new GeneratorOptions
            {
                Directory = _sample.PathOf("data"),
                BlockCount = 1,
                SizeBytes = hours * BytesPerHour,
                Seed = seed,
                Until = end,
                BlockDuration = TimeSpan.FromHours(hours),
            }));
            File.WriteAllText(known, block.Ulid);
        }

        return File.ReadAllText(known);
    }

    private string[] Restore(string snapshot)
    {
        string directory = _sample.PathOf("restored");
        RestoreTarget target = new(directory, null, TextWriter.Null, TimeProvider.System);
        new BackupRestore(_sample.Place, null, snapshot, target, TextWriter.Null)
            .Run(TestContext.Current.CancellationToken);
        string[] content = ContentOf(directory);
        Directory.Delete(directory, recursive: true);
        return content;
    }

    private static string[] ContentOf(string directory) =>
    [
        .. from file in Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
           let hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))
           orderby file
           select $"{Path.GetRelativePath(directory, file)} {hash}",
    ];
}
