using System.ComponentModel;

namespace OsoSnapshotClient.Cluster;

/// <summary>A kubectl that the terminal's Ctrl-C doesn't reach, and that ends with this process, kill -9 too.</summary>
internal abstract class ChildProcess : IDisposable
{
    /// <summary>Its standard input. A program that is started silent has none.</summary>
    public abstract Stream Input { get; }

    /// <summary>Its standard output. That of a program that is started silent is dropped.</summary>
    public abstract Stream Output { get; }

    public abstract Stream Error { get; }

    /// <summary>Completes with the exit status.</summary>
    public abstract Task<int> Ended { get; }

    /// <param name="arguments">No shell reads them.</param>
    /// <param name="isSilent">Its standard input is empty, and its standard output is dropped.</param>
    /// <exception cref="ClusterException">There is no such program, for example.</exception>
    public static ChildProcess Start(string fileName, IReadOnlyList<string> arguments, bool isSilent = false)
    {
        try
        {
            return OperatingSystem.IsWindows()
                ? new WindowsChild(fileName, arguments, isSilent)
                : new PosixChild(fileName, arguments, isSilent);
        }
        catch (Win32Exception e)
        {
            string problem = $"{fileName} can't be started: {e.Message}";
            throw new ClusterException(0, string.Empty, problem, e) { UnfitKubectl = problem };
        }
    }

    /// <summary>Kills it at once; may be called from any thread, and again.</summary>
    public abstract void Kill();

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool isDisposing);
}
