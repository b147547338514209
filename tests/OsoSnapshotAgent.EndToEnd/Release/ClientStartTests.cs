using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Release;

/// <summary>Starts the client's files, each where that is possible: here, under QEMU, under Debian's Wine.</summary>
public sealed class ClientStartTests : IDisposable
{
    private const string Wine = "/usr/lib/wine/wine64";
    private const string Qemu = "/usr/bin/qemu-aarch64-static";

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-client-start-").FullName;

    [Fact]
    public Task The_file_for_this_machine_prints_its_verbs_verifies_and_restores() =>
        PrintsVerbsVerifiesAndRestoresAsync([Client.Binary], PathOf);

    [Fact]
    public Task The_file_for_arm64_prints_its_verbs_verifies_and_restores()
    {
        Assert.SkipUnless(File.Exists(Qemu), "qemu-user-static is not installed.");
        // The libraries are Debian 11's, with OpenSSL 1.1, as Red Hat 8 has it.
        string libraries = Path.Combine(Cache.PathOf("OSO_PACKAGE_ROOTS", "packages"), "sysroot-arm64");
        return PrintsVerbsVerifiesAndRestoresAsync([Qemu, "-L", libraries, ClientFile.For("linux-arm64")], PathOf);
    }

    [Theory]
    [InlineData('\\')]
    [InlineData('/')]
    public Task The_file_for_Windows_prints_its_verbs_verifies_and_restores(char separator)
    {
        Assert.SkipUnless(File.Exists(Wine), "Wine is not installed.");
        // Wine 8 can't map .NET's precompiled code. Wine's drive Z: is the root.
        return PrintsVerbsVerifiesAndRestoresAsync(
            ["env", "DOTNET_ReadyToRun=0", "WINEDEBUG=-all", "WINEPREFIX=" + PathOf("prefix"), Wine, ClientFile.For("windows-amd64")],
            name => "Z:" + PathOf(name).Replace('/', separator));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task PrintsVerbsVerifiesAndRestoresAsync(string[] client, Func<string, string> pathOf)
    {
        string snapshot = PathOf("snapshots/20250820T165101Z-0eb533ff8d43ed64");
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = snapshot, BlockCount = 2, SizeBytes = 1 << 20, Seed = 1, Until = TimeProvider.System.GetUtcNow(),
        });
        (await HostCommand.RunAsync(["sh", "-c", "tar czf snapshots.tgz snapshots && sha256sum snapshots.tgz >snapshots.tgz.sha256"], _folder)).Succeeded();
        string archive = pathOf("snapshots.tgz");

        Assert.Contains("restore", (await HostCommand.RunAsync([.. client, "--help"])).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("is sound", (await HostCommand.RunAsync([.. client, "verify", archive])).Succeeded().Output, StringComparison.Ordinal);
        (await HostCommand.RunAsync([.. client, "restore", archive, pathOf("restored")])).Succeeded();
        (await HostCommand.RunAsync("diff", "-r", snapshot, PathOf("restored"))).Succeeded();
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
