using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>Finds the files of interrupted runs that no run will continue.</summary>
internal static class StaleParts
{
    /// <summary>The name of the files about a run, at work or interrupted, in a pod's directory of lists.</summary>
    public const string RunName = "take";

    private const string NoteName = RunName + ".part.state";

    /// <summary>An agent waits less for a copy, unless --hold says otherwise.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    /// <summary>The names that a run may write beside a pod's lists, except the lists.</summary>
    public static IReadOnlyList<string> RunFiles { get; } =
    [
        RunName, RunName + ".sha256", RunName + ".part", RunName + ".part.lock", NoteName, NoteName + ".new",
    ];

    /// <summary>Deletes the files at the end of a run; does nothing while other clients are at work.</summary>
    public static void DeleteWhereAlone(string path, TimeProvider time)
    {
        try
        {
            using BackupDirectory directory = BackupDirectory.OpenAlone(path);
            foreach (StalePart part in Find(directory, time))
            {
                part.Delete();
            }
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            // A later run or prune deletes the files.
        }
    }

    /// <param name="directory">A directory that no other client uses.</param>
    /// <returns>The files that are old, and all of them if no interrupted run is recent.</returns>
    /// <exception cref="IOException">A directory or a file in it can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be read.</exception>
    public static IReadOnlyList<StalePart> Find(BackupDirectory directory, TimeProvider time)
    {
        DateTimeOffset oldest = time.GetUtcNow() - MaxAge;
        Found[] all = [.. In(directory)];
        bool mayContinue = Array.Exists(all, found => found.IsNote && IsFresh(found));
        return
        [
            .. from found in all
               where !IsFresh(found) || !(found.IsNote || mayContinue)
               select new StalePart(found.Path, found.File.SizeBytes, () => directory.Delete(found.Path)),
        ];

        bool IsFresh(Found found) => found.File.ModifiedAt > oldest;
    }

    private static IEnumerable<Found> In(BackupDirectory directory) =>
    [
        .. In(directory, string.Empty, name => IsPart(name, MarkerFile.Name)),
        .. In(directory, BackupLayout.Verified, name => IsPart(name, ManifestStore.Extension)),
        .. In(directory, BackupLayout.Blocks, name => IsPart(name, ".") || HasEnd(name, BlockPart.EngineExtension)),

        // What is not a pod's is not the client's.
        .. ManifestStore.Pods(directory, _ => { }).SelectMany(pod => In(directory, pod.Folder, IsPartOrNote)),
    ];

    private static bool IsPartOrNote(string name) => name == NoteName
        || IsPart(name, ManifestStore.Extension) || IsPart(name, Protection.Extension);

    private static IEnumerable<Found> In(BackupDirectory directory, string folder, Func<string, bool> isOurs)
    {
        try
        {
            return [.. directory.Files(folder).Where(file => file.IsRegular && isOurs(file.Name)).Select(
                file => new Found(folder.Length == 0 ? file.Name : $"{folder}/{file.Name}", file))];
        }
        catch (OperatorException)
        {
            // What a link leads to is not the client's.
            return [];
        }
    }

    // A part is named NAME.part, or NAME.HEX.part if it is written at once.
    private static bool IsPart(string name, string middle) =>
        HasEnd(name, SmallFile.PartExtension)
        && name.Contains(middle, StringComparison.Ordinal);

    private static bool HasEnd(string name, string end) => name.EndsWith(end, StringComparison.Ordinal);

    private sealed record Found(string Path, StoredFile File)
    {
        public bool IsNote => File.Name == NoteName;
    }
}
