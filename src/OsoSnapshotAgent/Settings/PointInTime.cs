using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Settings;

/// <summary>A time, or a duration back from now.</summary>
internal readonly record struct PointInTime(DateTimeOffset? Time, TimeSpan Back)
{
    public static bool TryParse(string text, out PointInTime point)
    {
        bool isDuration = Durations.TryParse(text, out TimeSpan back);
        bool isTime = SettingParsers.TryTime(text, out DateTimeOffset time) && !isDuration;
        point = new(isTime ? time : null, back);
        return isDuration || isTime;
    }

    public DateTimeOffset From(DateTimeOffset now) => Time ?? now - Back;
}
