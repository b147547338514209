using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests the client's image, run as the manifests of docker/kubernetes/ run it.</summary>
public sealed class ClientImageTests
{
    // Registries show megabytes of 1,000,000 bytes.
    private const long MaxBytes = 40_000_000;

    [Fact]
    public async Task The_image_holds_the_client_and_no_kubectl_in_at_most_40_MB()
    {
        await ClientImage.SkipWithoutAsync();

        Assert.StartsWith("kubectl-oso_snapshot ", (await RunAsync([], "--version")).Succeeded().Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await RunAsync(["--entrypoint=/usr/bin/kubectl"], "version", "--client")).ExitStatus);
        string size = (await Podman.RunAsync("image", "inspect", "--format={{.Size}}", ClientImage.Name)).Succeeded().Output;
        Assert.InRange(long.Parse(size, CultureInfo.InvariantCulture), 1, MaxBytes);
    }

    [Fact]
    public async Task In_the_image_an_archive_and_its_checksum_are_verified()
    {
        await ClientImage.SkipWithoutAsync();
        string folder = Directory.CreateTempSubdirectory("oso-client-image-").FullName;
        try
        {
            BlockGenerator.Generate(new GeneratorOptions
            {
                Directory = Path.Combine(folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64"),
                BlockCount = 1,
                SizeBytes = 1 << 20,
                Seed = 1,
                Until = TimeProvider.System.GetUtcNow(),
            });
            (await HostCommand.RunAsync(
                ["sh", "-c", "tar czf a.tgz snapshots && sha256sum a.tgz >a.tgz.sha256 && chmod 755 ."], folder)).Succeeded();

            CommandResult verify = (await RunAsync([$"--volume={folder}:/backups:ro"], "verify", "/backups/a.tgz")).Succeeded();

            Assert.Contains("✅ /backups/a.tgz is sound.", verify.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<CommandResult> RunAsync(string[] options, params string[] words) => Podman.RunAsync(
    [
        "run", "--rm", "--network=none", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL",
        "--security-opt=no-new-privileges", .. options, ClientImage.Name, .. words,
    ]);
}
