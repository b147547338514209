using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>
/// A process' root directory, in which paths mean what they mean to that process. Below <c>/proc/1/root</c> the kernel
/// would follow an absolute link in the reader's own root, so links are followed here, one name at a time from open
/// descriptors.
/// </summary>
internal sealed class ContainerRoot : IDisposable
{
    // As many as the kernel follows: path_resolution(7).
    private const int MaxLinks = 40;

    private readonly DirectoryHandle _root;
    private readonly string? _process;

    private ContainerRoot(DirectoryHandle root, string? process) => (_root, _process) = (root, process);

    /// <summary>Such as <c>/proc/1/root</c>; the agent's own root is the empty text.</summary>
    public string PathSeenByAgent => _root.Path;

    /// <summary>False where it is the agent's own.</summary>
    public bool IsOfAnotherProcess => _process is not null;

    /// <summary>The agent's own root.</summary>
    public static ContainerRoot OpenOwn() => new(DirectoryHandle.Open("/"), process: null);

    /// <param name="process">The process' directory in proc(5), such as <c>/proc/1</c>.</param>
    /// <exception cref="UnauthorizedAccessException">It may not be entered.</exception>
    /// <exception cref="IOException">It is not there.</exception>
    public static ContainerRoot OpenOf(string process) =>
        // The slash at the end has the kernel follow the link, which is more than its text.
        new(DirectoryHandle.Open($"{process}/root/"), process);

    /// <param name="pathInContainer">Absolute, or relative to the process' working directory. "." and ".." are
    /// allowed.</param>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It, or a directory of the path, may not be opened.</exception>
    /// <exception cref="IOException">It is no directory, or has too many links.</exception>
    public DirectoryHandle OpenDirectory(string pathInContainer) =>
        Resolve(
            pathInContainer,
            (directory, name) => name is null ? directory.Reopen() : directory.OpenDirectory(name));

    /// <summary>Opens a regular file.</summary>
    /// <inheritdoc cref="OpenDirectory" path="/exception"/>
    public FileStream OpenFile(string pathInContainer) => Resolve(
        pathInContainer,
        (directory, name) => directory.OpenFile(name ?? throw new IOException($"{directory.Path} is a directory")));

    /// <summary>The first bytes of a regular file.</summary>
    /// <returns>null where it can't be read.</returns>
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

    /// <param name="action">Gets the open parent, and a name in it that is no link; or null and the directory
    /// itself.</param>
    private T Resolve<T>(string pathInContainer, Func<DirectoryHandle, string?, T> action)
    {
        if (pathInContainer.StartsWith('/') || _process is null)
        {
            return Resolve(_root, pathInContainer, action);
        }

        // The link's text is right in a container; for a process in a chroot only the link itself leads there.
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
