using System.Globalization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotCore.Protocol;

/// <summary>A run's state for people: a line for each value that is known.</summary>
internal static class StatusLines
{
    public static IEnumerable<string> Of(RunStatus run)
    {
        List<string> lines = [];
        Add("Phase", run.Phase);
        Add("Snapshot", run.Snapshot);
        Add("Blocks", run.Blocks?.ToString(CultureInfo.InvariantCulture));
        if (run is { Blocks: > 0, From: { } from, To: { } to })
        {
            Add("Time range", $"{UtcTime.Format(from)} to {UtcTime.Format(to)}");
        }

        Add("Archive", run.Archive);
        Add("Bytes", run.ArchiveBytes?.ToString(CultureInfo.InvariantCulture));
        Add("SHA-256", run.Sha256);
        Add("Elapsed", Durations.Format(TimeSpan.FromSeconds(run.ElapsedSeconds)));
        Add("Missing", run.MissingSamples);
        Add("Problems", run.Problems.Count > 0 ? string.Join("; ", run.Problems) : null);
        Add("End", run.End is { } end ? $"status {end.ExitStatus}: {end.Message}" : null);
        return lines;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                lines.Add($"{name,-10}  {Printable.Text(value)}");
            }
        }
    }
}
