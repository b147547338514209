using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>
/// Resolves a path as a process sees it whose root lies elsewhere. The kernel would resolve an absolute link below
/// <c>/proc/1/root</c> in the reader's root.
/// </summary>
internal static class SymbolicLinks
{
    // As many as the kernel follows: path_resolution(7).
    private const int MostLinks = 40;

    /// <param name="root">The other root as the agent sees it, without a trailing slash.</param>
    /// <param name="pathInContainer">An absolute path below that root.</param>
    /// <returns>The path as the agent sees it, without a symbolic link; missing parts are kept as they are.</returns>
    /// <exception cref="UnauthorizedAccessException">The root or a directory below it may not be entered.</exception>
    /// <exception cref="IOException">Too many links.</exception>
    public static string Resolve(string root, string pathInContainer)
    {
        List<string> resolved = [];
        Stack<string> parts = new(Parts(pathInContainer).Reverse());
        int links = 0;
        while (parts.TryPop(out string? part))
        {
            if (part == "..")
            {
                if (resolved.Count > 0)
                {
                    resolved.RemoveAt(resolved.Count - 1);
                }

                continue;
            }

            string path = $"{root}/{string.Join('/', resolved.Append(part))}";
            if (FileStatus.Find(path) is not { IsSymbolicLink: true })
            {
                resolved.Add(part);
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"{path}: too many levels of symbolic links");
            }

            string destination = new FileInfo(path).LinkTarget ?? throw new IOException($"{path}: the symbolic link can't be read");
            if (destination.StartsWith('/'))
            {
                resolved.Clear();
            }

            foreach (string destinationPart in Parts(destination).Reverse())
            {
                parts.Push(destinationPart);
            }
        }

        return resolved.Count == 0 ? root : $"{root}/{string.Join('/', resolved)}";
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
}
