using OsoSnapshot.Formats;

namespace OsoSnapshotClient.Backups;

/// <summary>What interrupted runs have left and none will continue.</summary>
internal static class StaleParts
{
    /// <summary>In the directory of a pod's lists, of files about a run at work, or interrupted.</summary>
    public const string RunName = "take";

    private const string NoteName = RunName + ".part.state";

    // Longer than agents wait for a copy, unless they are told to.
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    /// <summary>For the end of a run; does nothing while other clients are at work.</summary>
    public static void DeleteWhereAlone(string path, TimeProvider time)
    {
        try
        {
            using BackupDirectory directory = BackupDirectory.OpenAlone(path);
            foreach (string file in Find(directory, time))
            {
                File.Delete(file);
            }
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            // Another run or prune does it.
        }
    }

    /// <param name="directory">Which nobody else uses.</param>
    /// <returns>The parts that no run can continue: none waits for that, or they are old.</returns>
    public static IReadOnlyList<string> Find(BackupDirectory directory, TimeProvider time)
    {
        DateTime oldest = time.GetUtcNow().UtcDateTime - MaxAge;
        string[] pods = [.. Directory.GetDirectories(directory.Snapshots).Where(IsNoLink)];
        string[] notes = [.. pods.SelectMany(pod => Directory.GetFiles(pod, NoteName))];
        bool mayContinue = Array.Exists(notes, IsFresh);
        string[] parts =
        [
            .. Directory.EnumerateFiles(directory.Blocks, "*" + DurableFile.PartExtension),
            .. Directory.EnumerateFiles(directory.Blocks, "*" + BlockPart.EngineOf(DurableFile.PartExtension)),
            .. pods.SelectMany(
                pod => Directory.GetFiles(pod, "*" + BackupLists.Extension + DurableFile.PartExtension)),
            .. notes.Where(note => !IsFresh(note)),
        ];
        return [.. parts.Where(part => !mayContinue || !IsFresh(part))];

        // What lies elsewhere is not ours.
        static bool IsNoLink(string path) => new DirectoryInfo(path).LinkTarget is null;

        bool IsFresh(string path) => File.GetLastWriteTimeUtc(path) > oldest;
    }
}
