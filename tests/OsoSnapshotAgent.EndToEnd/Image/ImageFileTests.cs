using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Tests the image as a file: its content, its size, and that a second build gives the same layers.</summary>
public sealed class ImageFileTests
{
    private const long MaxUnpackedBytes = 22_000_000;
    private const long MaxArchiveBytes = 10_000_000;

    private static readonly string Repository = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(OciArchive.Path)!, ".."));

    private readonly OciArchive _image = new(OciArchive.Path);

    // With Debian 13's larger OpenSSL, the images are larger.
    [Theory]
    [InlineData("dist/oso_snapshot.oci.tar")]
    [InlineData("dist/linux-arm64/oso_snapshot.oci.tar")]
    public void The_image_is_small(string archive)
    {
        string path = Path.Combine(Repository, archive);
        Assert.SkipUnless(File.Exists(path), $"There is no {archive}: on x86-64, docker/image.sh arm64 makes it.");

        Assert.InRange(new OciArchive(path).Entries.Sum(entry => entry.Content.LongLength), 1, MaxUnpackedBytes);
        Assert.InRange(new FileInfo(path).Length, 1, MaxArchiveBytes);
    }

    [Fact]
    public async Task A_second_build_at_another_place_has_the_same_layers()
    {
        DateTimeOffset created = _image.Config.GetProperty("created").GetDateTimeOffset();
        string output = Directory.CreateTempSubdirectory("oso-image-file-").FullName;
        string name = "localhost/oso_snapshot:again-" + Guid.NewGuid().ToString("N");

        CommandResult made = (await HostCommand.RunAsync(
        [
            "env", "OSO_IMAGE_OUTPUT=" + output, "OSO_IMAGE_NAME=" + name, "OSO_IMAGE_SOURCE=https://example.com/sources",
            "SOURCE_DATE_EPOCH=" + created.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), Path.Combine(Repository, "docker/image.sh"),
        ])).Succeeded();
        OciArchive again = new(Path.Combine(output, "oso_snapshot.oci.tar"));
        Directory.Delete(output, recursive: true);
        string engine = made.Output.Split(" made by ")[1].Split(';')[0];
        (await HostCommand.RunAsync(HostCommand.AsRoot(engine, "rmi", name))).Succeeded();

        Assert.Equal(_image.LayerDigests, again.LayerDigests);
        Assert.Equal("https://example.com/sources", Labels(again)["org.opencontainers.image.source"]);
    }

    [Fact]
    public async Task The_bill_of_materials_names_every_file_with_its_package_version_and_hash()
    {
        JsonElement bill = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(OciArchive.Path)!, "oso_snapshot.cdx.json"), TestContext.Current.CancellationToken));
        JsonElement[] components = [.. bill.GetProperty("components").EnumerateArray()];
        JsonElement[] files = [.. components.Where(component => component.GetProperty("type").GetString() == "file")];

        Assert.Equal(
            _image.Entries.Where(entry => entry.Entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                .Select(entry => $"/{entry.Entry.Name} {Convert.ToHexStringLower(SHA256.HashData(entry.Content))}").Order(StringComparer.Ordinal),
            files.Select(file => $"{file.GetProperty("name").GetString()} {file.GetProperty("hashes")[0].GetProperty("content").GetString()}").Order(StringComparer.Ordinal));
        Assert.All(components, component => Assert.Matches("^pkg:(deb/[a-z]+|nuget|generic)/[^@/]+@[^@]+", component.GetProperty("purl").GetString()));
        Assert.All(components, component => Assert.NotEmpty(component.GetProperty("version").GetString()!));
        Assert.Contains(components, component => component.GetProperty("name").GetString() == "SharpZipLib");
    }

    [Fact]
    public void The_labels_and_the_configuration_are_there()
    {
        Dictionary<string, string> labels = Labels(_image);
        Assert.Equal("oso_snapshot", labels["org.opencontainers.image.title"]);
        Assert.Equal("Apache-2.0", labels["org.opencontainers.image.licenses"]);
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", labels["org.opencontainers.image.version"]);
        Assert.Matches("^([0-9a-f]{40}|unknown)$", labels["org.opencontainers.image.revision"]);
        Assert.Matches("^(https?://[^@]+|left out)$", labels.GetValueOrDefault("org.opencontainers.image.source", "left out"));

        JsonElement configuration = _image.Config.GetProperty("config");
        Assert.Equal("65534:65534", configuration.GetProperty("User").GetString());
        Assert.Equal("/usr/bin/oso-snapshot", Assert.Single(configuration.GetProperty("Entrypoint").EnumerateArray()).GetString());
        Assert.Equal(
            ["HOME=/tmp", "PATH=/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            configuration.GetProperty("Env").EnumerateArray().Select(variable => variable.GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_custom_profile_is_JSON_and_gives_user_and_group()
    {
        string file = Path.Combine(Repository, "docker/kubernetes/identity.json");
        JsonElement profile = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file));

        Assert.Equal((1000, 2000), (profile.GetProperty("securityContext").GetProperty("runAsUser").GetInt32(), profile.GetProperty("securityContext").GetProperty("runAsGroup").GetInt32()));
    }

    [Fact]
    public void The_authorities_are_those_of_the_distribution_and_not_of_this_machine()
    {
        string bundle = System.Text.Encoding.UTF8.GetString(_image.Entries.Single(entry => entry.Entry.Name == "etc/ssl/certs/ca-certificates.crt").Content);

        Assert.Equal(Directory.GetFiles("/usr/share/ca-certificates/mozilla").Length, bundle.Split("-----BEGIN CERTIFICATE-----").Length - 1);
    }

    [Fact]
    public async Task A_verb_without_an_agent_says_that_none_is_at_work()
    {
        await Podman.SkipWhereImpossibleAsync();

        CommandResult status = await Podman.RunAsync("run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL", Podman.Image, "status");

        Assert.Equal(3, status.ExitStatus);
        Assert.Contains("No agent of this user is at work in this container.", status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_in_the_image_is_setuid_or_writable_but_tmp()
    {
        await Podman.SkipWhereImpossibleAsync();

        CommandResult found = await Podman.RunAsync(
            "run", "--rm", "--network=none", "--read-only", "--read-only-tmpfs=false", "--entrypoint=/bin/sh", Podman.Image,
            "-c", "find / -xdev ! -type l '(' -perm -4000 -o -perm -2000 -o -perm -2 -o -user 65534 ')'; id -u; id -g");

        Assert.Equal(["/tmp", "65534", "65534"], found.Succeeded().Lines);
    }

    private static Dictionary<string, string> Labels(OciArchive image) =>
        image.Config.GetProperty("config").GetProperty("Labels").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!);
}
