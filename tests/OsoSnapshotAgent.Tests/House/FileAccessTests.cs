using System.Text.RegularExpressions;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>
/// Others may write in the directories that the programs work in, and a path that is resolved again may lead elsewhere.
/// So only one room opens, creates, renames, lists and deletes by path.
/// </summary>
public sealed partial class FileAccessTests
{
    /// <summary>The room, and files that read only what the kernel gives.</summary>
    private static readonly (string Path, string Reason)[] Exceptions =
    [
        ("OsoSnapshotCore/Files/", "the room itself"),
        ("OsoSnapshotCore/Streams/IsalLibrary.cs", "/proc/self/maps, and the library that the linker has loaded"),
        ("ProcFileSystem.cs", "/proc"),
        ("ControlSocket.cs", "/proc/PID/ns/mnt"),
        ("ContainerRoot.cs", "/proc/PID/cwd"),
        ("TerminationMessage.cs", "/dev/termination-log, which the kubelet mounts into the agent's container"),
        ("StandardOutputTarget.cs", "the descriptor of standard output"),
    ];

    [Fact]
    public void Files_are_reached_only_through_the_room_Files() => Assert.DoesNotContain(
        Users(), line => !Exceptions.Any(exception => line.Contains(exception.Path, StringComparison.Ordinal)));

    [Fact]
    public void Each_exception_is_needed() => Assert.All(
        Exceptions, exception => Assert.Contains(Users(), line => line.Contains(exception.Path, StringComparison.Ordinal)));

    private static IEnumerable<string> Users() => SourceFile.All.SelectMany(file => file.Lines
        .Select((line, position) => (line, position))
        .Where(at => !at.line.TrimStart().StartsWith("//", StringComparison.Ordinal) && ByPath().IsMatch(at.line))
        .Select(at => $"{file.Path}:{at.position + 1}: {at.line.Trim()}"));

    // A stream over an open handle is no path.
    [GeneratedRegex(@"(?<![\w.])(System\.IO\.)?(File|Directory)\.[A-Z]\w*\(|\bnew (FileInfo|DirectoryInfo|StreamReader|StreamWriter|FileSystemWatcher|DriveInfo)\(|\bnew FileStream\((?!(directory|handle|file)\b|\w+\.Open|\w+\.Create)")]
    private static partial Regex ByPath();
}
