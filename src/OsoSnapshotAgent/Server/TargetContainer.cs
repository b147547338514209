using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Files;

namespace OsoSnapshotAgent.Server;

/// <summary>Prometheus' process, if one can be seen, and its data directory.</summary>
internal sealed class TargetContainer : IDisposable
{
    private AccountNames? _accounts;

    /// <summary>null if no Prometheus process can be seen, and only the variables say where the data is.</summary>
    public required ProcessInfo? Prometheus { get; init; }

    public required PrometheusCommandLine CommandLine { get; init; }

    public required ContainerRoot Root { get; init; }

    public required DataDirectory Data { get; init; }

    /// <summary>The user and group names of the container.</summary>
    public AccountNames Accounts => _accounts ??= new(Root.TryReadStart);

    /// <summary>
    /// True if the visible process writes to this data directory. If not, nothing is deleted before a server proves
    /// that it does.
    /// </summary>
    public required bool IsDataProven { get; init; }

    /// <summary>
    /// Reads a file that a setting names: in the agent's own container, or else in the target container.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="IOException">No container has the file, it is not a regular file, or it is too
    /// long.</exception>
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
    }

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
