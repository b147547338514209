using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Judging;

/// <summary>Asks independent programs about an archive or a data directory.</summary>
internal static class Judge
{
    /// <summary>Lists the names in the archive with GNU tar. The test fails if tar complains.</summary>
    public static async Task<IReadOnlyList<string>> TarNamesAsync(string archive) =>
        (await HostCommand.RunAsync("tar", "--list", "--gzip", "--file", archive)).Succeeded().Lines;

    /// <summary>Lists mode, owner, size, time and name, as an operator's "tar tvf" does.</summary>
    public static async Task<IReadOnlyList<string>> TarListingAsync(string archive) =>
        (await HostCommand.RunAsync("tar", "tvf", archive)).Succeeded().Lines;

    /// <summary>
    /// Lists "type size uid:gid mode name" of each entry with Python, another implementation of tar and gzip.
    /// </summary>
    public static async Task<IReadOnlyList<string>> PythonListingAsync(string archive)
    {
        const string Program = """
            import sys, tarfile
            with tarfile.open(sys.argv[1], "r:gz") as archive:
                for entry in archive:
                    if entry.isfile():
                        assert len(archive.extractfile(entry).read()) == entry.size
                    print(entry.type.decode(), entry.size, f"{entry.uid}:{entry.gid}", oct(entry.mode), entry.name)
            """;
        return (await HostCommand.RunAsync("python3", "-c", Program, archive)).Succeeded().Lines;
    }

    public static async Task GzipAcceptsAsync(string archive) => (await HostCommand.RunAsync("gzip", "--test", archive)).Succeeded();

    /// <summary>Checks the archive in its own folder, as the operator would.</summary>
    public static async Task Sha256SumAcceptsAsync(string checksumFile)
    {
        string folder = Path.GetDirectoryName(checksumFile)!;
        (await HostCommand.RunAsync(["sha256sum", "--check", "--strict", Path.GetFileName(checksumFile)], folder)).Succeeded();
    }

    /// <summary>
    /// Unpacks with GNU tar. Returns the directory of the one snapshot, which can serve as a data directory.
    /// </summary>
    public static async Task<string> RestoreAsync(string archive, string directory)
    {
        Directory.CreateDirectory(directory);
        (await HostCommand.RunAsync("tar", "--extract", "--gzip", "--no-same-owner", "--file", archive, "--directory", directory)).Succeeded();
        return Assert.Single(Directory.GetDirectories(Path.Combine(directory, "snapshots")));
    }

    /// <summary>Returns a line for each block of a data directory.</summary>
    public static async Task<IReadOnlyList<string>> PromtoolBlocksAsync(PrometheusVersion version, string directory) =>
        [.. (await HostCommand.RunAsync(version.Promtool, "tsdb", "list", directory)).Succeeded().Lines.Skip(1)];

    public static async Task<string> PromtoolAnalyzeAsync(PrometheusVersion version, string directory, string block) =>
        (await HostCommand.RunAsync(version.Promtool, "tsdb", "analyze", directory, block)).Succeeded().Output;

    /// <summary>Returns every matching sample, as text.</summary>
    public static async Task<IReadOnlyList<string>> PromtoolDumpAsync(PrometheusVersion version, string directory, string selector = "{__name__!=\"\"}") =>
        (await HostCommand.RunAsync(version.Promtool, "tsdb", "dump", "--match=" + selector, directory)).Succeeded().Lines;

    /// <summary>
    /// Starts a second Prometheus on restored data. It scrapes nothing, so it holds no other samples.
    /// </summary>
    public static Task<PrometheusPod> StartRestoredAsync(string snapshot, PrometheusVersion version) =>
        PrometheusPod.StartAsync(new PodOptions { Version = version, InitialData = snapshot, ScrapesItself = false });
}
