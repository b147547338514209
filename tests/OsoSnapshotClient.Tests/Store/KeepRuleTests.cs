using System.Globalization;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotClient.Store;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Tests.Store;

public sealed class KeepRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_rule_keeps_and_says_so() => AssertKept(
        new(Last: 1, Within: TimeSpan.FromDays(2), Daily: 3, Weekly: 2, Monthly: 2),
        ("2026-10-31 10:00", "monthly"),
        ("2026-11-01 23:59", ""),
        ("2026-11-27 04:00", ""),
        ("2026-11-28 04:00", "daily"),
        ("2026-11-29 04:00", "within 2d"),
        ("2026-11-29 20:00", "within 2d, daily, weekly"),
        ("2026-11-30 04:00", "last, within 2d, daily, weekly, monthly"));

    [Fact]
    public void The_newest_of_a_day_stays_and_days_without_snapshots_do_not_count() => AssertKept(
        new(Daily: 2),
        ("2026-10-01 00:00", ""),
        ("2026-10-03 00:00", ""),
        ("2026-10-03 23:59", "daily"),
        ("2026-11-20 00:00", ""),
        ("2026-11-20 04:00", "daily"));

    // 2027-01-01 is a Friday, in week 53 of 2026.
    [Fact]
    public void A_week_begins_on_Monday_and_may_lie_in_two_years() => AssertKept(
        new(Weekly: 3),
        ("2026-12-20 23:59", "weekly"),
        ("2026-12-21 00:00", ""),
        ("2026-12-27 23:59", "weekly"),
        ("2026-12-28 00:00", ""),
        ("2026-12-31 23:59", ""),
        ("2027-01-03 23:59", "weekly"));

    [Fact]
    public void The_same_month_of_two_years_is_two_months() => AssertKept(
        new(Monthly: 2), ("2025-11-30 00:00", "monthly"), ("2026-11-01 00:00", ""), ("2026-11-30 00:00", "monthly"));

    [Fact]
    public void The_oldest_stays_while_fewer_periods_have_snapshots_than_asked_for() => AssertKept(
        new(Daily: 3),
        ("2026-11-28 01:00", "oldest daily"),
        ("2026-11-28 02:00", "daily"),
        ("2026-11-29 01:00", ""),
        ("2026-11-29 02:00", "daily"));

    [Fact]
    public void The_newest_stays_however_old_it_is() => AssertKept(
        new(Within: TimeSpan.FromDays(30)), ("2026-01-01 00:00", ""), ("2026-10-31 11:59", "newest"));

    [Fact]
    public void An_age_counts_from_now_and_a_clock_that_was_ahead_does_no_harm() => AssertKept(
        new(Within: TimeSpan.FromDays(30)),
        ("2026-10-31 11:59", ""),
        ("2026-10-31 12:00", "within 30d"),
        ("2026-12-24 00:00", "within 30d"));

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void Of_random_snapshots_those_stay_that_the_definition_of_a_rule_names(int seed) =>
        Fuzz.Run(seed, rounds: 2_000, random =>
        {
            BackedUpSnapshot[] snapshots = [.. Times(random).Order().Select(Snapshot)];
            KeepRule rule = new(
                Number(random),
                Number(random) is { } days ? TimeSpan.FromDays(days) : null,
                Number(random),
                Number(random),
                Number(random));
            string input = $"{rule}: {string.Join(", ", snapshots.Select(snapshot => snapshot.Name.Text))}";
            return (input, () => Assert.Equal(
                Kept(rule, snapshots).OrderBy(snapshot => snapshot.Time),
                rule.Judge(snapshots, Now).Where(judged => judged.Stays).Select(judged => judged.Snapshot)));
        });

    // What the documents say, without regard to order and speed.
    private static HashSet<BackedUpSnapshot> Kept(KeepRule rule, BackedUpSnapshot[] snapshots) =>
    [
        .. snapshots.TakeLast(Math.Max(rule.Last ?? 0, 1)),
        .. snapshots.Where(snapshot => rule.Within is { } age && Now - snapshot.Time <= age),
        .. Newest(snapshots, rule.Daily, time => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        .. Newest(snapshots, rule.Weekly, time => $"{ISOWeek.GetYear(time)}-{ISOWeek.GetWeekOfYear(time):00}"),
        .. Newest(snapshots, rule.Monthly, time => time.ToString("yyyy-MM", CultureInfo.InvariantCulture)),
    ];

    private static IEnumerable<BackedUpSnapshot> Newest(
        BackedUpSnapshot[] snapshots, int? count, Func<DateTime, string> period)
    {
        BackedUpSnapshot[] newest =
        [
            .. snapshots.GroupBy(snapshot => period(snapshot.Time.UtcDateTime)).OrderByDescending(group => group.Key)
                .Select(group => group.MaxBy(snapshot => snapshot.Time)!),
        ];
        return newest.Length < count ? newest.Append(snapshots[0]) : newest.Take(count ?? 0);
    }

    // Distinct minutes of about two years, some of them in bursts.
    private static HashSet<DateTimeOffset> Times(Random random)
    {
        HashSet<DateTimeOffset> times = [];
        while (times.Count < 1 || random.Next(25) > 0)
        {
            DateTimeOffset start = Now.AddMinutes(random.Next(-800 * 1440, 1440));
            for (int burst = random.Next(1, 6); burst > 0; burst--)
            {
                times.Add(start.AddMinutes(random.Next(3 * 1440)));
            }
        }

        return times;
    }

    private static int? Number(Random random) => random.Next(2) == 0 ? null : random.Next(1, 30);

    private static BackedUpSnapshot Snapshot(DateTimeOffset time)
    {
        string stamp = time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        Assert.True(SnapshotName.TryParse($"{stamp}-0eb533ff8d43ed64", out SnapshotName? name));
        return new(PodName.TryParse("oso.prom-0")!, name, time);
    }

    private static void AssertKept(KeepRule rule, params (string Time, string Reasons)[] expected)
    {
        BackedUpSnapshot[] snapshots =
        [
            .. expected.Select(one => Snapshot(
                DateTimeOffset.Parse(one.Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal))),
        ];

        IReadOnlyList<JudgedSnapshot> judged = rule.Judge(snapshots, Now);

        Assert.Equal(snapshots, judged.Select(one => one.Snapshot));
        Assert.Equal(expected.Select(one => one.Reasons), judged.Select(one => string.Join(", ", one.Reasons)));
    }
}
