using System.Text.Json;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Release;

/// <summary>Tests how a release packs the client.</summary>
public sealed partial class PackTests(PackedClient packed) : IClassFixture<PackedClient>
{
    private const string Name = "kubectl-oso_snapshot_1.2.3";

    [Fact]
    public async Task The_same_files_give_the_same_bytes() =>
        (await HostCommand.RunAsync("diff", "-r", packed.PathOf("first"), packed.PathOf("second"))).Succeeded();

    [Fact]
    public async Task An_archive_has_the_licence_the_completion_and_the_program()
    {
        const string Content = "LICENSE\nkubectl_complete-oso_snapshot\nkubectl-oso_snapshot";
        CommandResult tar = await HostCommand.RunAsync("tar", "tzf", packed.PathOf($"first/{Name}_linux_arm64.tar.gz"));
        CommandResult zip = await HostCommand.RunAsync("python3", "-c", "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')", packed.PathOf($"first/{Name}_windows_amd64.zip"));

        Assert.Equal(Content + "\n", tar.Succeeded().Output);
        Assert.Equal(Content + ".exe\n", zip.Succeeded().Output);
    }

    [Fact]
    public async Task The_manifest_of_krew_has_the_address_and_the_sum_of_each_archive()
    {
        string manifest = await packed.ReadAsync("first/krew/oso-snapshot.yaml");

        Match[] archives = [.. Archive().Matches(manifest).Cast<Match>()];
        CommandResult sums = (await HostCommand.RunAsync(["sha256sum", .. archives.Select(archive => archive.Groups[1].Value)], packed.PathOf("first"))).Succeeded();
        Assert.Contains("\n  version: v1.2.3\n", manifest, StringComparison.Ordinal);
        Assert.Equal(PackedClient.Systems.Count, archives.Length);
        Assert.Equal(sums.Lines, archives.Select(archive => $"{archive.Groups[2].Value}  {archive.Groups[1].Value}"));
    }

    [Fact]
    public async Task The_bill_of_materials_names_each_file_and_package()
    {
        JsonElement bill = JsonSerializer.Deserialize<JsonElement>(await packed.ReadAsync($"first/{Name}.cdx.json"));

        string[] names = [.. bill.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("name").GetString()!)];
        Assert.Equal(PackedClient.Systems, names.Where(name => name.Contains('/', StringComparison.Ordinal)).Select(name => name.Split('/')[0]));
        Assert.Contains("SharpZipLib", names);
        Assert.Contains("Microsoft.NETCore.App", names);
    }

    [GeneratedRegex("uri: https://example\\.com/sources/releases/download/v1\\.2\\.3/(\\S+)\n +sha256: ([0-9a-f]{64})\n")]
    private static partial Regex Archive();
}
