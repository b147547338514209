using System.Diagnostics;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>What others may put into a directory that the client shares with them.</summary>
internal static class Hostile
{
    /// <summary>Replaces whatever has that path by a named pipe, which nobody writes to.</summary>
    public static void PutPipe(string path)
    {
        File.Delete(path);
        Run("mkfifo", path);
    }

    /// <summary>Replaces whatever has that path by another name of a file.</summary>
    public static void PutHardLink(string path, string file)
    {
        File.Delete(path);
        Run("ln", file, path);
    }

    /// <summary>Replaces whatever has that path by a symbolic link.</summary>
    public static void PutLink(string path, string destination)
    {
        File.Delete(path);
        File.CreateSymbolicLink(path, destination);
    }

    private static void Run(params string[] command)
    {
        using Process process = Process.Start(command[0], command[1..]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
