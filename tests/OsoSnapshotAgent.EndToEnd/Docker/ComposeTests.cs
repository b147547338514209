using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Docker;

/// <summary>Tests docker/compose.yaml itself, and the commands in its first lines.</summary>
[Collection(nameof(SharedEngine))]
public sealed class ComposeTests(DockerEngine docker)
{
    private readonly string _folder = docker.MakeFolder();

    [Fact]
    public async Task A_backup_is_made_copied_and_removed()
    {
        docker.SkipWhereImpossible();
        await MakePrometheusAsync();
        await docker.LoadOurImageAsync();
        (await ComposeAsync("up", "--detach", "prometheus")).Succeeded();
        await Eventually.HoldsAsync(HasSamplesAsync, () => "no sample in Prometheus");

        (await ComposeAsync("run", "--rm", "--no-TTY", "agent")).Succeeded();
        foreach (string file in (string[])["snapshots.tgz", "snapshots.tgz.sha256"])
        {
            (await ComposeAsync("cp", "prometheus:/prometheus/" + file, _folder)).Succeeded();
        }

        await Judge.Sha256SumAcceptsAsync(Path.Combine(_folder, "snapshots.tgz.sha256"));
        await Judge.GzipAcceptsAsync(Path.Combine(_folder, "snapshots.tgz"));
        CommandResult removal = await ComposeAsync("run", "--rm", "--no-TTY", "-e", "REMOVE=yes", "agent");
        const string Removed = "✅ Removed snapshots/, snapshots.log, snapshots.tgz.sha256, snapshots.tgz.";
        Assert.Contains(Removed, removal.Succeeded().Output, StringComparison.Ordinal);
        (await ComposeAsync("down", "--volumes")).Succeeded();
    }

    private Task<CommandResult> ComposeAsync(params string[] arguments) =>
        docker.RunAsync(["compose", "--file", Repository.PathOf("docker/compose.yaml"), .. arguments]);

    /// <summary>Makes an image with the layout of the official one, which the file names.</summary>
    private async Task MakePrometheusAsync()
    {
        string image = (await ComposeAsync("config", "--images", "prometheus")).Succeeded().Lines.Single();
        await docker.ImportAsync("prometheus", PrometheusVersion.V3_5);
        await File.WriteAllTextAsync(PathOf("data/prometheus.yml"), """
            scrape_configs: [{job_name: self, scrape_interval: 1s, static_configs: [{targets: ["localhost:9090"]}]}]
            """);
        await File.WriteAllTextAsync(PathOf("Dockerfile"), """
            FROM prometheus
            COPY data /etc/prometheus
            COPY --chown=65534:65534 data /prometheus
            USER nobody
            ENTRYPOINT ["/bin/prometheus"]
            """);
        (await docker.RunAsync("build", "--tag", image, _folder)).Succeeded();
    }

    private string PathOf(string name)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>Asks through the port that the file publishes.</summary>
    private async Task<bool> HasSamplesAsync()
    {
        const string Query = "http://127.0.0.1:9090/api/v1/query?query=up";
        CommandResult answer = await docker.RunAsync(
            "run", "--rm", "--network=host", "prometheus", "/bin/busybox", "wget", "-q", "-O", "-", Query);
        return answer.Output.Contains("\"value\"", StringComparison.Ordinal);
    }
}
