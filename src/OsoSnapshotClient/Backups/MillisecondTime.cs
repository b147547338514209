using OsoSnapshot.Formats.Tsdb;

namespace OsoSnapshotClient.Backups;

/// <summary>Times as a list has them: Unix milliseconds, any number.</summary>
internal static class MillisecondTime
{
    /// <returns>For display: where the calendar of .NET ends, so does this.</returns>
    public static DateTimeOffset Of(long milliseconds) => new BlockMeta { MinTime = milliseconds }.From();
}
