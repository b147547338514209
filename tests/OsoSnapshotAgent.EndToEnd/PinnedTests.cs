using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests that each part the product is made of is named exactly.</summary>
public sealed class PinnedTests : IDisposable
{
    private const string Package = "Oso.Unknown.Elsewhere";

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-pinned-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_base_image_is_pinned_by_digest_and_holds_the_SDK_of_this_checkout()
    {
        JsonElement sdk = JsonSerializer.Deserialize<JsonElement>(await ReadAsync("global.json")).GetProperty("sdk");
        string version = sdk.GetProperty("version").GetString()!;

        Assert.Equal("disable", sdk.GetProperty("rollForward").GetString());
        string image = $"\nARG SDK_IMAGE=[^:@]+:{Regex.Escape(version)}-[a-z]+@sha256:[0-9a-f]{{64}}\n";
        Assert.Matches(image, await ReadAsync("Dockerfile"));
    }

    [Fact]
    public async Task A_package_is_taken_from_no_other_configured_source()
    {
        await WritePackageAsync();
        await WriteProjectAsync();

        // Without the checkout's configuration the package is found, so that file is what blocks the other source.
        (await RestoreAsync("found")).Succeeded();
        File.Copy(Repository.PathOf("NuGet.config"), PathOf("project/NuGet.config"));
        CommandResult restore = await RestoreAsync("refused");

        Assert.NotEqual(0, restore.ExitStatus);
        const string Reason = "the following source(s) were not considered: elsewhere.";
        Assert.Contains(Reason, restore.Output, StringComparison.Ordinal);
    }

    private static Task<string> ReadAsync(string file) =>
        File.ReadAllTextAsync(Repository.PathOf(file), TestContext.Current.CancellationToken);

    private string PathOf(string name)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private async Task WritePackageAsync()
    {
        Directory.CreateDirectory(PathOf("package"));
        await File.WriteAllTextAsync(PathOf($"package/{Package}.nuspec"), $"""
            <package>
              <metadata>
                <id>{Package}</id><version>1.0.0</version><authors>nobody</authors><description>nothing</description>
              </metadata>
            </package>
            """);
        string archive = PathOf($"elsewhere/{Package}.1.0.0.nupkg");
        await ZipFile.CreateFromDirectoryAsync(PathOf("package"), archive, TestContext.Current.CancellationToken);
    }

    private async Task WriteProjectAsync()
    {
        XDocument configuration = XDocument.Load(Repository.PathOf("NuGet.config"));
        string mapped = configuration.Descendants("packageSource").Single().Attribute("key")!.Value;
        Directory.CreateDirectory(PathOf("empty"));
        await File.WriteAllTextAsync(PathOf("project/project.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="{Package}" Version="1.0.0" /></ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(PathOf("home/.nuget/NuGet/NuGet.Config"), $"""
            <configuration>
              <packageSources>
                <add key="{mapped}" value="{PathOf("empty")}" />
                <add key="elsewhere" value="{PathOf("elsewhere")}" />
              </packageSources>
            </configuration>
            """);
    }

    private Task<CommandResult> RestoreAsync(string packages) => HostCommand.RunAsync(
        "env", "HOME=" + PathOf("home"), "NUGET_PACKAGES=" + PathOf(packages), "DOTNET_CLI_UI_LANGUAGE=en",
        "dotnet", "restore", PathOf("project/project.csproj"), "--force", "--verbosity", "quiet");
}
