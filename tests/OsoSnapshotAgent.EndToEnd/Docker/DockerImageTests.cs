using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Docker;

/// <summary>Tests the image's archive in a docker daemon, and the image that docker itself makes.</summary>
[Collection(nameof(SharedEngine))]
public sealed class DockerImageTests(DockerEngine docker)
{
    private const string User = "65534:65534";
    private const string DataSeenByAgent = "/proc/1/root/data";

    private readonly string _folder = docker.MakeFolder();

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task The_loaded_image_backs_up_the_Prometheus_beside_it_read_only_and_without_a_capability()
    {
        docker.SkipWhereImpossible();
        await StartPrometheusAsync();
        await docker.LoadOurImageAsync();
        (await docker.RunAsync(
            "run", "--detach", "--name=agent", "--pid=container:prometheus", "--network=container:prometheus",
            "--user", User, "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
            "--env=OSO_SNAPSHOT_HOLD=30m", Podman.Image)).Succeeded();
        await docker.WaitForLogAsync("agent", "Holding at most");

        await CopyIsAnArchiveOfBothBlocksAsync();

        (await docker.RunAsync("exec", "agent", "oso-snapshot", "release", "--remove")).Succeeded();
        Assert.Equal("0\n", (await docker.RunAsync("wait", "agent")).Succeeded().Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data, "snapshots*"));
    }

    [Fact]
    public async Task The_image_that_docker_makes_holds_the_same_and_made_again_it_has_the_same_bytes()
    {
        docker.SkipWhereImpossible();
        OciArchive image = new(OciArchive.Path);
        DateTimeOffset created = image.Config.GetProperty("created").GetDateTimeOffset();

        string first = await MakeAsync("first", created);
        string second = await MakeAsync("second", created);

        Assert.Equal(Describe(image), Describe(new OciArchive(first)));
        (await HostCommand.RunAsync("cmp", first, second)).Succeeded();
    }

    private static List<string> Describe(OciArchive image) =>
    [
        .. from file in image.Entries
           let hash = Convert.ToHexString(SHA256.HashData(file.Content))
           let entry = file.Entry
           let what = $"{entry.EntryType} {entry.LinkName} {hash}"
           select $"{entry.Name} {what} {entry.Mode} {entry.Uid}:{entry.Gid} {entry.ModificationTime:O}" into line
           orderby line
           select line,
    ];

    private async Task StartPrometheusAsync()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        BlockGenerator.Generate(new GeneratorOptions { Directory = Data, BlockCount = 2, SizeBytes = 2 << 20, Until = now });
        (await HostCommand.RunAsync(HostCommand.AsRoot("chown", "-R", User, Data))).Succeeded();
        string configuration = Path.Combine(_folder, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, "{}");
        await docker.ImportAsync("prometheus", PrometheusVersion.V2_42);
        (await docker.RunAsync(
            "run", "--detach", "--name=prometheus", "--network=none", "--user", User, "--cap-drop=ALL",
            $"--volume={Data}:/data", $"--volume={configuration}:/prometheus.yml:ro",
            "prometheus", "/bin/prometheus", "--config.file=/prometheus.yml", "--storage.tsdb.path=/data",
            "--web.enable-admin-api")).Succeeded();
        await docker.WaitForLogAsync("prometheus", "Server is ready");
    }

    private async Task CopyIsAnArchiveOfBothBlocksAsync()
    {
        const string Copy = """
            docker exec agent tar cf - -C "$0" snapshots.tgz snapshots.tgz.sha256 | tar xf - -C "$1"
            """;
        (await docker.RunScriptAsync(Copy, DataSeenByAgent, _folder)).Succeeded();
        string archive = Path.Combine(_folder, "snapshots.tgz");
        await Judge.Sha256SumAcceptsAsync(archive + ".sha256");
        await Judge.GzipAcceptsAsync(archive);
        string snapshot = await Judge.RestoreAsync(archive, Path.Combine(_folder, "restored"));
        Assert.Equal(2, (await Judge.PromtoolBlocksAsync(PrometheusVersion.V2_42, snapshot)).Count);
    }

    private async Task<string> MakeAsync(string name, DateTimeOffset created)
    {
        string output = Path.Combine(_folder, name);
        string epoch = created.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        const string Script = """
            OSO_IMAGE_ENGINE=docker OSO_IMAGE_NAME=localhost/oso_try:dev OSO_IMAGE_OUTPUT=$1 SOURCE_DATE_EPOCH=$2 "$0"
            """;
        CommandResult made = await docker.RunScriptAsync(Script, Repository.PathOf("docker/image.sh"), output, epoch);
        Assert.Contains("localhost/oso_try:dev made by docker;", made.Succeeded().Output, StringComparison.Ordinal);
        return Path.Combine(output, "oso_snapshot.oci.tar");
    }
}
