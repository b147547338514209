using OsoSnapshotCore.Blocks;

namespace OsoSnapshotClient.Backups;

/// <summary>Converts the times of a list: Unix milliseconds, of any value.</summary>
internal static class MillisecondTime
{
    /// <returns>The time for display, within the limits of .NET's calendar.</returns>
    public static DateTimeOffset Of(long milliseconds) => new BlockMeta { MinTime = milliseconds }.From();
}
