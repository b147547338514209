using System.Text;
using OsoSnapshotAgent.Linux;

namespace OsoSnapshotAgent.Target;

/// <summary>Prometheus' process, where one can be seen, and its data directory.</summary>
internal sealed class TargetContainer : IDisposable
{
    private const int MaxKernelFileBytes = 16 * 1024;

    private AccountNames? _accounts;
    private ContainerRoot? _ownRoot;

    /// <summary>null where no Prometheus process can be seen and the variables alone say where its data lies.</summary>
    public required ProcessInfo? Prometheus { get; init; }

    public required PrometheusCommandLine CommandLine { get; init; }

    public required ContainerRoot Root { get; init; }

    public required DataDirectory Data { get; init; }

    /// <summary>The names of its users and groups.</summary>
    public AccountNames Accounts => _accounts ??= new(Root.TryReadStart);

    /// <summary>
    /// True where the process that can be seen writes to this data directory. Otherwise nothing is deleted before a
    /// server has proven it.
    /// </summary>
    public required bool IsDataProven { get; init; }

    /// <summary>What this container's limits and the agent's own leave free.</summary>
    public FreeMemory FreeMemory => new(
        path => ReadText(_ownRoot ??= ContainerRoot.OpenOwn(), path),
        path => ReadText(Root, path));

    /// <summary>A file that a setting names: the agent's own, or else one of the target container.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is in neither, is no regular file, or is longer.</exception>
    public byte[] ReadSettingFile(string path, int maxBytes)
    {
        using FileStream file = OpenSettingFile(path);
        byte[] content = RegularFile.ReadStart(file, maxBytes + 1);
        return content.Length <= maxBytes ? content : throw new IOException($"it has more than {maxBytes} bytes");
    }

    public void Dispose()
    {
        Data.Dispose();
        Root.Dispose();
        _ownRoot?.Dispose();
    }

    private static string? ReadText(ContainerRoot root, string path) =>
        root.TryReadStart(path, MaxKernelFileBytes) is { } bytes ? Encoding.ASCII.GetString(bytes) : null;

    private FileStream OpenSettingFile(string path)
    {
        try
        {
            return RegularFile.Open(path);
        }
        catch (FileNotFoundException) when (Root.IsOfAnotherProcess)
        {
            return Root.OpenFile(path);
        }
    }
}
