using OsoSnapshotCore;

namespace OsoSnapshotClient.Backups;

/// <summary>Finds the files of interrupted runs that no run will continue.</summary>
internal static class StaleParts
{
    /// <summary>The name of the files about a run, at work or interrupted, in a pod's directory of lists.</summary>
    public const string RunName = "take";

    private const string NoteName = RunName + ".part.state";

    // An agent waits less for a copy, unless --hold says otherwise.
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    /// <summary>Deletes the files at the end of a run; does nothing while other clients are at work.</summary>
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
            // A later run or prune deletes the files.
        }
    }

    /// <param name="directory">A directory that no other client uses.</param>
    /// <returns>The files that are old, and all of them if no interrupted run is recent.</returns>
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

        // What a link leads to is not the client's.
        static bool IsNoLink(string path) => new DirectoryInfo(path).LinkTarget is null;

        bool IsFresh(string path) => File.GetLastWriteTimeUtc(path) > oldest;
    }
}
