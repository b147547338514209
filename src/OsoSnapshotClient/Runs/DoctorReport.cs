using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Runs;

internal enum DoctorVerdict
{
    Good,
    Unknown,
    Warning,
    Bad,
}

/// <summary>What <c>doctor</c> has found, line by line.</summary>
internal sealed class DoctorReport
{
    // On a busy cluster, exec brought 58 to 124 MiB a second, and an agent that keeps out of the way archived 70.
    private const double CopyBytesPerSecond = 58 << 20;
    private const double ArchiveBytesPerSecond = 70 << 20;

    private readonly List<DoctorLine> _lines = [];

    public IReadOnlyList<DoctorLine> Lines => _lines;

    /// <summary>What only a container in the pod can see.</summary>
    public static IReadOnlyList<string> InsideNames { get; } =
        ["admin API", "data directory", "blocks", "room for take", "room for --stream and --into"];

    /// <summary>0 if nothing forbids a take; otherwise the status of the first that does.</summary>
    public ExitStatus Status { get; private set; }

    public string? FirstProblem { get; private set; }

    public void Add(
        string name,
        DoctorVerdict verdict,
        string text,
        string remedy = "",
        ExitStatus status = ExitStatus.TargetUnreachable)
    {
        _lines.Add(new(name, Word(verdict), Printable.Text(text), remedy.Length > 0 ? Printable.Text(remedy) : null));
        if (verdict == DoctorVerdict.Bad && Status == ExitStatus.Done)
        {
            (Status, FirstProblem) = (status, $"{name}: {text}");
        }
    }

    public void AddInside(Inspection seen)
    {
        if (seen.IsAdminApiOn is { } isOn)
        {
            Add(
                "admin API",
                isOn ? DoctorVerdict.Good : DoctorVerdict.Bad,
                $"{(isOn ? "on" : "off")}, Prometheus {seen.PrometheusVersion ?? "of an unknown version"}",
                isOn ? string.Empty : "start Prometheus with --web.enable-admin-api",
                ExitStatus.PrometheusRefused);
        }
        else
        {
            Missing("admin API", seen, "isAdminApiOn");
        }

        Fact(
            "data directory",
            seen.DataDirectory is { } path ? $"{path}, owner {seen.ServerIdentity ?? "unknown"}" : null,
            seen,
            "dataDirectory");
        Fact(
            "blocks",
            seen.Blocks is { } blocks
                ? $"{Plural.Of(blocks, "block")}, {Size(seen.BlockBytes)}; in memory and WAL {Size(seen.HeadBytes)}"
                : null,
            seen,
            "blocks");
        Room("room for take", seen.NeededForArchive, seen, "make room on the volume, or use --into or --stream");
        Room(
            "room for --stream and --into", seen.NeededForSnapshot, seen, "make room on the volume, or add --skip-head");
    }

    public string ToText(string pod) => $"{pod}\n" + string.Concat(_lines.Select(line =>
        $"{Sign(line.Verdict)} {line.Name,-34} {line.Text}\n"
        + (line.Remedy is { } remedy ? $"   What to do: {remedy}\n" : string.Empty)));

    private void Room(
        string name,
        long? needed,
        Inspection seen,
        string remedy)
    {
        if (needed is not { } bytes || seen.RoomBytes is not { } room)
        {
            Missing(name, seen, "roomBytes");
            return;
        }

        string time = seen.ArchiveBytes is { } size
            ? $"; an archive of some {ByteSize.Format(size)} takes some {Durations.Format(TimeFor(size))}"
            : string.Empty;
        Add(
            name,
            bytes <= room ? DoctorVerdict.Good : DoctorVerdict.Bad,
            $"{ByteSize.Format(bytes)} needed, {ByteSize.Format(Math.Max(0, room))} free{time}",
            bytes <= room ? string.Empty : remedy,
            ExitStatus.NoRoom);
    }

    private static TimeSpan TimeFor(long archiveBytes) => TimeSpan.FromSeconds(
        1 + (archiveBytes / ArchiveBytesPerSecond) + (archiveBytes / CopyBytesPerSecond));

    private void Fact(string name, string? text, Inspection seen, string member)
    {
        if (text is null)
        {
            Missing(name, seen, member);
        }
        else
        {
            Add(name, DoctorVerdict.Good, text);
        }
    }

    private void Missing(string name, Inspection seen, string member) => Add(
        name,
        DoctorVerdict.Bad,
        seen.Problems.GetValueOrDefault(member) ?? seen.Problems.Values.FirstOrDefault("not known"));

    private static string Size(long? bytes) => bytes is { } known ? ByteSize.Format(known) : "of unknown size";

    private static string Word(DoctorVerdict verdict) => verdict switch
    {
        DoctorVerdict.Good => "good",
        DoctorVerdict.Unknown => "unknown",
        DoctorVerdict.Warning => "warning",
        _ => "bad",
    };

    private static string Sign(string verdict) => verdict switch
    {
        "good" => "✅",
        "unknown" => "· ",
        "warning" => "⚠️",
        _ => "❌",
    };
}
