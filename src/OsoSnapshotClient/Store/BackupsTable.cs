using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary><c>backups</c> lists the snapshots of a backup directory, and the space that each takes.</summary>
internal sealed class BackupsTable(BackupPlace place, bool isJson, TextWriter output)
{
    // Marks a block that several snapshots need.
    private const int Shared = -1;

    /// <exception cref="OperatorException">A list is damaged; the sound lists were printed.</exception>
    public void Run(CancellationToken token)
    {
        using IBackupStore store = place.OpenToRead(token);
        try
        {
            Run(store);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw BackupDamage.CanNotRead(place.Path, e, ClientStatus.Failed);
        }
    }

    private void Run(IBackupStore store)
    {
        List<OperatorException> damaged = [];
        List<BackupLine> lines = [];
        Dictionary<BlockName, (int Line, long Bytes)> blocks = [];
        foreach (ListedSnapshot snapshot in ManifestStore.Read(store, damaged.Add))
        {
            foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
            {
                blocks[name] = (blocks.ContainsKey(name) ? Shared : lines.Count, block.FileBytes);
            }

            lines.Add(Describe(snapshot));
        }

        foreach ((int line, long bytes) in blocks.Values.Where(block => block.Line != Shared))
        {
            lines[line].OwnBytes = ByteSize.Sum(lines[line].OwnBytes, bytes);
        }

        if (isJson)
        {
            output.Write(string.Concat(
                lines.Select(line => JsonSerializer.Serialize(line, BackupLineJson.Default.BackupLine) + "\n")));
        }
        else
        {
            Print(lines, ByteSize.Sum(blocks.Values.Select(block => block.Bytes)));
        }

        if (damaged.Count > 0)
        {
            throw BackupDamage.Damaged(
                string.Join('\n', damaged.Select(damage => damage.Message)), damaged[0].Remedy);
        }
    }

    private static BackupLine Describe(ListedSnapshot snapshot)
    {
        BlockMeta[] dated =
        [
            .. snapshot.List.Blocks.Where(block => block.To > 0).OrderBy(block => block.From)
                .Select(block => new BlockMeta { MinTime = block.From, MaxTime = block.To }),
        ];
        CoveredTime covered = new();
        TimeSpan[] gaps =
        [
            .. dated.Select(block => covered.Add(block.From(), block.To())).OfType<TimeSpan>(),
        ];
        return new()
        {
            Pod = snapshot.Pod.Text,
            Snapshot = snapshot.Name.Text,
            From = dated.Length > 0 ? dated[0].From() : null,
            To = covered.Until,
            Gaps = gaps.Length,

            // A block that ends before it starts covers nothing, so that gaps may overlap.
            GapSeconds = TimeSpan.FromTicks(ByteSize.Sum(gaps.Select(gap => gap.Ticks))).TotalSeconds,
            Blocks = snapshot.Blocks.Count,
            Bytes = ByteSize.Sum(snapshot.List.Blocks.Select(block => block.FileBytes)),
            Protected = snapshot.IsProtected,
            HasDamagedBlocks = snapshot.List.Blocks.Any(block => block.Problems is not null),
        };
    }

    private void Print(List<BackupLine> lines, long stored)
    {
        int width = Math.Max(3, lines.Select(line => line.Pod.Length).DefaultIfEmpty().Max());
        string pod = "POD".PadRight(width);
        output.WriteLine(
            $"{pod}  {"SNAPSHOT",-33}  {"FROM (UTC)",-16}  {"TO (UTC)",-16}  {"GAPS",-12}  {"BLOCKS",6}"
            + $"  {"SIZE",10}  {"ITS OWN",10}");
        foreach (BackupLine line in lines)
        {
            TimeSpan length = TimeSpan.FromSeconds(line.GapSeconds);
            string gaps = line.Gaps == 0 ? "none" : $"{line.Gaps}, {Durations.Format(length)}";
            string notes = (line.Protected ? "  protected" : string.Empty)
                + (line.HasDamagedBlocks ? "  with damaged blocks" : string.Empty);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{line.Pod.PadRight(width)}  {line.Snapshot,-33}  {Time(line.From),-16}  {Time(line.To),-16}"
                + $"  {gaps,-12}  {line.Blocks,6}  {ByteSize.Format(line.Bytes),10}  {ByteSize.Format(line.OwnBytes),10}{notes}"));
        }

        output.WriteLine(
            $"{Plural.Of(lines.Count, "snapshot")} in {ByteSize.Format(stored)}; without shared blocks:"
            + $" {ByteSize.Format(ByteSize.Sum(lines.Select(line => line.Bytes)))}. ITS OWN: the blocks that no other snapshot needs.");
    }

    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "unknown";
}

/// <summary>A snapshot in <c>backups --output json</c>; the properties are its keys.</summary>
internal sealed record BackupLine
{
    public required string Pod { get; init; }

    public required string Snapshot { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public required int Gaps { get; init; }

    public required double GapSeconds { get; init; }

    public required int Blocks { get; init; }

    /// <summary>The size of the archives of the snapshot's blocks.</summary>
    public required long Bytes { get; init; }

    /// <summary>The size of the archives that only this snapshot names.</summary>
    public long OwnBytes { get; set; }

    /// <summary>Whether <c>prune</c> keeps it, whatever its rules say.</summary>
    public bool Protected { get; init; }

    public bool HasDamagedBlocks { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackupLine))]
internal sealed partial class BackupLineJson : JsonSerializerContext;
