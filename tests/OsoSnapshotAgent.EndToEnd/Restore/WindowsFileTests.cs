using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Restore;

/// <summary>Tests the client's file for Windows under Debian's Wine, if Wine is installed.</summary>
public sealed class WindowsFileTests : IDisposable
{
    private const string Wine = "/usr/lib/wine/wine64";
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-wine-").FullName;

    [Theory]
    [InlineData('\\')]
    [InlineData('/')]
    public async Task The_file_for_Windows_prints_its_verbs_verifies_and_restores(char separator)
    {
        Assert.SkipUnless(File.Exists(Wine), "Wine is not installed.");
        string snapshot = Path.Combine(_folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64");
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = snapshot, BlockCount = 2, SizeBytes = 1 << 20, Seed = 1, Until = TimeProvider.System.GetUtcNow(),
        });
        (await HostCommand.RunAsync(["sh", "-c", "tar czf snapshots.tgz snapshots && sha256sum snapshots.tgz >snapshots.tgz.sha256"], _folder)).Succeeded();
        string archive = PathOf("snapshots.tgz", separator);

        Assert.Contains("restore", (await RunAsync("--help")).Output, StringComparison.Ordinal);
        Assert.Contains("is sound", (await RunAsync("verify", archive)).Output, StringComparison.Ordinal);
        await RunAsync("restore", archive, PathOf("restored", separator));
        (await HostCommand.RunAsync("diff", "-r", snapshot, Path.Combine(_folder, "restored"))).Succeeded();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Wine's drive Z: is the root.
    private string PathOf(string name, char separator) => "Z:" + Path.Combine(_folder, name).Replace('/', separator);

    // Wine 8 can't map .NET's precompiled code.
    private async Task<CommandResult> RunAsync(params string[] arguments) => (await HostCommand.RunAsync(
    [
        "env", "DOTNET_ReadyToRun=0", "WINEDEBUG=-all", "WINEPREFIX=" + Path.Combine(_folder, "prefix"), Wine,
        Repository.PathOf("dist/kubectl-oso_snapshot.exe"), .. arguments,
    ])).Succeeded();
}
