using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// The root directory of a process. The kernel would follow an absolute link below <c>/proc/1/root</c> in the agent's
/// own root, so this class follows links itself, one name at a time, within this root.
/// </summary>
internal sealed class ContainerRoot : IDisposable
{
    // The kernel follows as many links: path_resolution(7).
    private const int MaxLinks = 40;

    private readonly DirectoryHandle _root;
    private readonly string? _process;

    private ContainerRoot(DirectoryHandle root, string? process) => (_root, _process) = (root, process);

    /// <summary>A path such as <c>/proc/1/root</c>; empty for the agent's own root.</summary>
    public string PathSeenByAgent => _root.Path;

    /// <summary>False if it is the agent's own root.</summary>
    public bool IsOfAnotherProcess => _process is not null;

    /// <summary>Opens the agent's own root.</summary>
    public static ContainerRoot OpenOwn() => new(DirectoryHandle.Open("/"), process: null);

    /// <param name="process">The process' directory in proc(5), such as <c>/proc/1</c>.</param>
    /// <exception cref="UnauthorizedAccessException">The agent may not enter the root.</exception>
    /// <exception cref="IOException">The process has ended.</exception>
    public static ContainerRoot OpenOf(string process) =>
        // With a slash at the end, the kernel follows the link to the real root. The link's text alone is only "/".
        new(DirectoryHandle.Open($"{process}/root/"), process);

    /// <param name="pathInContainer">An absolute path, or one relative to the process' working directory. "." and ".."
    /// are allowed.</param>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory, or one on the path to it, may not be
    /// opened.</exception>
    /// <exception cref="IOException">It is not a directory, or the path has too many links.</exception>
    public DirectoryHandle OpenDirectory(string pathInContainer) =>
        Resolve(
            pathInContainer,
            (directory, name) => name is null ? directory.Reopen() : directory.OpenDirectory(name));

    /// <summary>Opens a regular file.</summary>
    /// <inheritdoc cref="OpenDirectory" path="/exception"/>
    public FileStream OpenFile(string pathInContainer) => Resolve(
        pathInContainer,
        (directory, name) => directory.OpenFile(name ?? throw new IOException($"{directory.Path} is a directory")));

    /// <summary>Reads the first bytes of a regular file.</summary>
    /// <returns>null if the file can't be read.</returns>
    public byte[]? TryReadStart(string pathInContainer, int maxBytes)
    {
        try
        {
            using FileStream file = OpenFile(pathInContainer);
            return RegularFile.ReadStart(file, maxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => _root.Dispose();

    /// <param name="action">Gets the open parent and a name in it that is no link. For the root itself it gets the root
    /// and null.</param>
    private T Resolve<T>(string pathInContainer, Func<DirectoryHandle, string?, T> action)
    {
        if (pathInContainer.StartsWith('/') || _process is null)
        {
            return Resolve(_root, pathInContainer, action);
        }

        // The link's text is a path in the container. For a process in a chroot only the link itself leads there.
        using DirectoryHandle working = DirectoryHandle.Open($"{_process}/cwd/");
        string text = new FileInfo($"{_process}/cwd").LinkTarget ?? string.Empty;
        return Leads(text, working)
            ? Resolve(_root, $"{text}/{pathInContainer}", action)
            : Resolve(working, pathInContainer, action);
    }

    private bool Leads(string pathInContainer, DirectoryHandle to)
    {
        try
        {
            using DirectoryHandle there = OpenDirectory(pathInContainer);
            return there.Status.Identity == to.Status.Identity;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static T Resolve<T>(DirectoryHandle root, string pathInContainer, Func<DirectoryHandle, string?, T> action)
    {
        Stack<string> parts = new(Parts(pathInContainer).Reverse());
        Stack<DirectoryHandle> opened = new();
        int links = 0;
        try
        {
            while (parts.TryPop(out string? part))
            {
                DirectoryHandle directory = opened.TryPeek(out DirectoryHandle? last) ? last : root;
                if (part == "..")
                {
                    Close(opened, count: 1);
                }
                else if (directory.Find(part) is { IsSymbolicLink: true })
                {
                    links = links < MaxLinks
                        ? links + 1
                        : throw new IOException($"{directory.PathOf(part)}: too many levels of symbolic links");
                    Follow(directory.ReadLink(part), parts, opened);
                }
                else if (parts.Count == 0)
                {
                    return action(directory, part);
                }
                else
                {
                    opened.Push(directory.OpenDirectory(part, isSearchOnly: true));
                }
            }

            return action(opened.TryPeek(out DirectoryHandle? found) ? found : root, null);
        }
        finally
        {
            Close(opened, opened.Count);
        }
    }

    private static void Follow(string destination, Stack<string> parts, Stack<DirectoryHandle> opened)
    {
        Close(opened, destination.StartsWith('/') ? opened.Count : 0);
        foreach (string name in Parts(destination).Reverse())
        {
            parts.Push(name);
        }
    }

    private static void Close(Stack<DirectoryHandle> opened, int count)
    {
        for (; count > 0 && opened.TryPop(out DirectoryHandle? directory); count--)
        {
            directory.Dispose();
        }
    }

    private static IEnumerable<string> Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
}
