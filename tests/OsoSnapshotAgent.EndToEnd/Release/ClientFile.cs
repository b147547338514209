using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Release;

/// <summary>The client's file for one system, which <c>./build.sh client</c> makes in dist/.</summary>
internal static class ClientFile
{
    /// <summary>Skips the test if the file was not made: ./build.sh test makes only some of them.</summary>
    public static string For(string system)
    {
        string name = "kubectl-oso_snapshot" + (system.StartsWith("windows", StringComparison.Ordinal) ? ".exe" : string.Empty);
        string path = Repository.PathOf(Path.Combine("dist", system, name));
        Assert.SkipUnless(File.Exists(path), $"dist/{system} has no client. ./build.sh client makes it.");
        return path;
    }
}
