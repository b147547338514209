using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Arm64;

/// <summary>Tests backups by the arm64 agent, under emulation, of a real Prometheus on this machine.</summary>
public sealed class Arm64BackupTests(Arm64Image image) : IClassFixture<Arm64Image>
{
    [Fact]
    public async Task Each_architecture_reads_the_archive_that_the_other_made_with_ISA_L()
    {
        image.SkipWhereImpossible();
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });

        AgentResult emulated = (await RunAsync(pod, Emulated())).EndedWith(0);

        Assert.Contains(", Arm64\n", emulated.Output, StringComparison.Ordinal);
        Assert.Contains("compression by ISA-L", emulated.Output, StringComparison.Ordinal);
        await Judge.GzipAcceptsAsync(pod.Archive);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        (await HostCommand.RunAsync(RunningAgent.Binary, "verify", pod.Archive)).Succeeded();

        (await pod.RunAgentAsync()).EndedWith(0);
        (await image.RunAsync("oso-snapshot", "verify", pod.Archive)).Succeeded();
    }

    [Fact]
    public async Task HTTPS_with_a_certificate_in_the_target_works()
    {
        image.SkipWhereImpossible();
        const string Host = "localhost";
        ServerCertificate certificate = ServerCertificate.Make(Host);
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions
        {
            Blocks = new BlockSet(),
            Scheme = "https",
            ScrapesItself = false,
            CurlArguments = ["--insecure"],
            Flags = ["--web.config.file=/etc/web.yml"],
            Files = new Dictionary<string, string>
            {
                ["/etc/web.yml"] = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}",
                ["/etc/cert.pem"] = certificate.Certificate,
                ["/etc/key.pem"] = certificate.Key,
            },
        });

        // This machine's hundred authorities would take the emulator seconds to read.
        const string Nowhere = "/nonexistent";
        AgentOptions options = Emulated(
            ("OSO_SNAPSHOT_URL", $"https://{Host}:9090/"),
            ("OSO_SNAPSHOT_CA_FILE", "/etc/cert.pem"),
            ("HOME", "/tmp"),
            ("SSL_CERT_DIR", Nowhere),
            ("SSL_CERT_FILE", Nowhere));
        (await RunAsync(pod, options)).EndedWith(0);

        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
    }

    [Fact]
    public async Task A_held_block_is_exported_by_an_engine_of_another_name_than_on_x86_64()
    {
        image.SkipWhereImpossible();
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });

        (string Name, string Value)[] held = [("OSO_SNAPSHOT_ARCHIVE", "no"), ("OSO_SNAPSHOT_HOLD", "forever")];
        string emulated = await EngineAsync(pod, Emulated(held));
        string native = await EngineAsync(pod, new() { Environment = Given.Variables(held) });

        Assert.Matches("^engine isa-l [0-9a-f]{12} Arm64 crc level 2$", emulated);
        Assert.Matches("^engine isa-l [0-9a-f]{12} X64 [a-z0-9.]+ level 2$", native);
    }

    private static async Task<AgentResult> RunAsync(PrometheusPod pod, AgentOptions options)
    {
        await using RunningAgent agent = await pod.StartAgentAsync(options);
        return await agent.WaitAsync();
    }

    private static async Task<string> EngineAsync(PrometheusPod pod, AgentOptions options)
    {
        await using RunningAgent agent = await pod.StartAgentAsync(options);
        string log = Path.Combine(pod.DataDirectory, "snapshots.log");
        await Eventually.HoldsAsync(
            async () => File.Exists(log) && (await File.ReadAllTextAsync(log)).Contains("Holding", StringComparison.Ordinal),
            () => $"no hold in {log}");
        string ulid = (await agent.ExecAsync("blocks")).Succeeded().Lines[0].Split('\t')[0];
        CommandResult export = (await agent.ExecAsync("export", "--block", ulid, "--length", "1")).Succeeded();
        (await agent.ExecAsync("release", "--remove")).Succeeded();
        (await agent.WaitAsync()).EndedWith(0);
        return export.Error.Split('\n')[0];
    }

    // An emulated agent is slow already, and would pause for a Prometheus that waits for a CPU.
    private AgentOptions Emulated(params (string Name, string Value)[] variables) => new()
    {
        Binary = Arm64Image.Agent,
        Emulator = image.Command,
        Environment = Given.Variables([.. variables, ("OSO_SNAPSHOT_PACE", "full")]),
    };
}
