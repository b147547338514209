using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A directory for one test, which is deleted afterwards.</summary>
/// <param name="isInMemory">True for a test that makes so many files that a disk would take a minute.</param>
internal sealed class TempDirectory(bool isInMemory = false) : IDisposable
{
    // The path is resolved, so that code under test sees the same one if the temp directory is a symbolic link.
    public string Root { get; } = isInMemory && !Path.GetTempPath().StartsWith("/dev/shm/", StringComparison.Ordinal)
        ? Directory.CreateDirectory($"/dev/shm/oso-snapshot-test-{Guid.NewGuid():n}").FullName
        : Directory.CreateTempSubdirectory("oso-snapshot-test-").FullName;

    public string PathOf(string relative) => Path.Join(Root, relative);

    public string Make(string relative) => Directory.CreateDirectory(PathOf(relative)).FullName;

    public string Write(string relative, string content) => Write(relative, System.Text.Encoding.UTF8.GetBytes(content));

    public string Write(string relative, ReadOnlySpan<byte> content)
    {
        string path = PathOf(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Link(string relative, string destination)
    {
        string path = PathOf(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, destination);
        return path;
    }

    /// <summary>Opens this directory as the agent does.</summary>
    public DirectoryHandle Open(string relative = "") => DirectoryHandle.Open(PathOf(relative));

    /// <returns>The file's status; null if there is none.</returns>
    public FileStatus? Find(string relative) => Open().Find(relative);

    /// <summary>Lists every path below, relative and in order. A directory's path ends with a slash.</summary>
    public IReadOnlyList<string> Content(string relative = "") =>
    [
        .. Directory.EnumerateFileSystemEntries(PathOf(relative), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(PathOf(relative), path) + (Directory.Exists(path) ? "/" : string.Empty))
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
