using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>A directory of its own for a test, gone afterwards.</summary>
/// <param name="isInMemory">Where a test makes so many files that a disk would take a minute.</param>
internal sealed class TempDirectory(bool isInMemory = false) : IDisposable
{
    // Resolved, so that a temp directory behind a symbolic link gives the same paths as the code under test.
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

    /// <summary>This directory as the agent opens it.</summary>
    public DirectoryHandle Open(string relative = "") => DirectoryHandle.Open(PathOf(relative));

    /// <returns>null where nothing is there.</returns>
    public FileStatus? Find(string relative) => Open().Find(relative);

    /// <summary>Every path below, relative, in order; a directory's ends with a slash.</summary>
    public IReadOnlyList<string> Content(string relative = "") =>
    [
        .. Directory.EnumerateFileSystemEntries(PathOf(relative), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(PathOf(relative), path) + (Directory.Exists(path) ? "/" : string.Empty))
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
