using System.Text.RegularExpressions;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>What kubectl writes to standard error, for a message.</summary>
internal static partial class ErrorText
{
    // The first lines name the cause. A usage text of pages may follow.
    private const int MaxBytes = 4 << 10;

    /// <summary>Reads to the end, so that kubectl never waits for room in the pipe.</summary>
    /// <returns>The start of it, on one line. It never fails.</returns>
    public static async Task<string> ReadAsync(Stream error) =>
        OneLine(await RemoteText.ReadAsync(error, MaxBytes, () => { }, isDrained: true));

    /// <summary>Makes one line of it, without kubectl's own log lines, which name no cause.</summary>
    public static string OneLine(string error) => Printable.Short(
        string.Join(' ', error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !IsLogLine().IsMatch(line))),
        600);

    [GeneratedRegex("^[EWI][0-9]{4} ")]
    private static partial Regex IsLogLine();
}
