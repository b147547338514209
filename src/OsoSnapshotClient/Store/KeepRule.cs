using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Decides which snapshots of a pod stay: those that any rule keeps, as <c>restic forget</c> does it. The newest and
/// a protected one always stay. A rule that is null keeps none.
/// </summary>
/// <param name="Last">This many snapshots stay.</param>
/// <param name="Within">Snapshots up to this age stay.</param>
/// <param name="Daily">Of each of this many days in UTC, the newest stays. Days without snapshots don't count.</param>
/// <param name="Weekly">The same with weeks of ISO 8601, which begin on Monday.</param>
/// <param name="Monthly">The same with months.</param>
internal sealed record KeepRule(
    int? Last = null,
    TimeSpan? Within = null,
    int? Daily = null,
    int? Weekly = null,
    int? Monthly = null)
{
    public bool IsEmpty => this == new KeepRule();

    /// <param name="snapshots">The snapshots of one pod, the oldest first.</param>
    /// <returns>The same snapshots in the same order, with the rules that keep them.</returns>
    public IReadOnlyList<JudgedSnapshot> Judge(IReadOnlyList<BackedUpSnapshot> snapshots, DateTimeOffset now)
    {
        Period[] periods =
        [
            new("daily", Daily, day => day.DayNumber),

            // The first day of the year 1, whose number is 0, was a Monday.
            new("weekly", Weekly, day => day.DayNumber / 7),
            new("monthly", Monthly, day => (day.Year * 12) + day.Month),
        ];
        List<JudgedSnapshot> judged = [];
        foreach (BackedUpSnapshot snapshot in snapshots.Reverse())
        {
            bool isOldest = judged.Count == snapshots.Count - 1;
            List<string> reasons = [];
            if (judged.Count < Last)
            {
                reasons.Add("last");
            }

            if (Within is { } age && snapshot.Time >= now - age)
            {
                reasons.Add($"within {Durations.Format(age)}");
            }

            reasons.AddRange(periods.Select(period => period.ReasonToKeep(snapshot.Time, isOldest)).OfType<string>());
            reasons.AddRange(judged.Count == 0 && reasons.Count == 0 ? ["newest"] : []);
            reasons.AddRange(snapshot.IsProtected ? ["protected"] : []);

            judged.Add(new(snapshot, reasons));
        }

        judged.Reverse();
        return judged;
    }

    /// <summary>A rule for the days, weeks or months of a pod; it sees the newest snapshot first.</summary>
    private sealed class Period(string name, int? count, Func<DateOnly, int> numberOf)
    {
        private int _left = count ?? 0;
        private int? _last;

        // restic keeps the oldest one too while fewer periods than asked for have snapshots. Otherwise the first months
        // of a store would lose what is older than their newest snapshots.
        public string? ReasonToKeep(DateTimeOffset time, bool isOldest)
        {
            int number = numberOf(DateOnly.FromDateTime(time.UtcDateTime));
            bool isNewestOfPeriod = number != _last;
            if (_left == 0 || (!isNewestOfPeriod && !isOldest))
            {
                return null;
            }

            _left--;
            _last = number;
            return isNewestOfPeriod ? name : $"oldest {name}";
        }
    }
}

/// <param name="Reasons">The rules that keep the snapshot. If there are none, it is deleted.</param>
internal sealed record JudgedSnapshot(BackedUpSnapshot Snapshot, IReadOnlyList<string> Reasons)
{
    public bool Stays => Reasons.Count > 0;
}
