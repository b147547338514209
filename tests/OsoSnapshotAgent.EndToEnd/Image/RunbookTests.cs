using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>
/// Tests the image as kubectl debug starts it: real containers, a read-only root, no capability and no new privileges.
/// </summary>
public sealed class RunbookTests
{
    private const string ArchiveInContainer = "/proc/1/root/data/snapshots.tgz";
    private const string Prompt = "then press Enter here";

    private static readonly (string, string)[] Documented = [("OSO_PROMETHEUS_SERVICE_NAME", TargetContainer.Service), ("CLUSTER_NAME_PREFIX", TargetContainer.Prefix)];

    [Theory]
    [InlineData("65534:65534")]
    [InlineData("1000:2000")]
    [InlineData("1000650000:1000650000")]
    public async Task The_runbook_works_unchanged(string user)
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new() { User = user });
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: true, Documented);
        await agent.WaitForLogAsync("\n< HTTP/1.1 200 OK\n");
        await agent.WaitForLogAsync(Prompt);

        await CopiesAreTheArchiveAsync(agent, target);
        await Judge.GzipAcceptsAsync(target.Archive);
        Assert.Contains(await Judge.PythonListingAsync(target.Archive), entry => entry.Contains($" {user} ", StringComparison.Ordinal));
        Assert.DoesNotContain(await Judge.PythonListingAsync(target.Archive), entry => !entry.Contains($" {user} ", StringComparison.Ordinal));

        await PressEnterInASecondClientAsync(agent);
        await agent.EndsWithAsync(0);

        AgentContainer removal = await target.StartAgentAsync(hasTerminal: true, ("REMOVE", "yes"));
        string log = await removal.EndsWithAsync(0);
        Assert.Contains("REMOVE is set to 'yes'", log, StringComparison.Ordinal);
        Assert.Contains("✅ Removed snapshots/, snapshots.log, snapshots.tgz.sha256, snapshots.tgz.", log, StringComparison.Ordinal);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task Without_a_terminal_status_tells_the_state_and_release_ends_the_hold()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_HOLD", "30m"));
        await agent.WaitForLogAsync("Holding at most");

        JsonElement status = JsonSerializer.Deserialize<JsonElement>((await agent.ExecAsync("oso-snapshot", "status", "--json")).Succeeded().Output);
        Assert.Equal("hold-for-copy", status.GetProperty("phase").GetString());
        Assert.Equal(2, status.GetProperty("blocks").GetInt32());
        Assert.Equal(new FileInfo(target.Archive).Length, status.GetProperty("archiveBytes").GetInt64());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(target.Archive, TestContext.Current.CancellationToken))), status.GetProperty("sha256").GetString());
        Assert.Contains("Phase       hold-for-copy", (await agent.ExecAsync("oso-snapshot", "status")).Succeeded().Output, StringComparison.Ordinal);

        (await agent.ExecAsync("oso-snapshot", "release")).Succeeded();
        await agent.EndsWithAsync(0);
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
    }

    [Fact]
    public async Task Release_can_remove_the_artefacts()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        AgentContainer agent = await target.StartAgentAsync(hasTerminal: false, ("OSO_SNAPSHOT_HOLD", "30m"));
        await agent.WaitForLogAsync("Holding at most");

        CommandResult release = (await agent.ExecAsync("oso-snapshot", "release", "--remove")).Succeeded();

        Assert.Contains("✅ Removed snapshots.tgz.\n", release.Output, StringComparison.Ordinal);
        await agent.EndsWithAsync(0);
        Assert.Empty(target.Artefacts);
    }

    [Fact]
    public async Task HTTPS_and_basic_auth_with_files_of_the_target_work()
    {
        ServerCertificate certificate = ServerCertificate.Make(TargetContainer.Service);
        Dictionary<string, string> files = new()
        {
            ["cert.pem"] = certificate.Certificate,
            ["key.pem"] = certificate.Key,
            ["password"] = "test\n",

            // This is the hash of "test" in Prometheus' documentation.
            ["web.yml"] = """
                tls_server_config: {cert_file: cert.pem, key_file: key.pem}
                basic_auth_users: {admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay}
                """,
        };
        await using TargetContainer target = await TargetContainer.StartAsync(new() { Files = files, Flags = ["--web.config.file=/etc/prometheus/web.yml"] });

        // The certificate has this name. It would not match the pod's own address.
        AgentContainer agent = await target.StartAgentAsync(
            hasTerminal: false,
            ("OSO_SNAPSHOT_URL", $"https://{TargetContainer.Service}:80/{TargetContainer.Prefix}/prometheus"),
            ("OSO_SNAPSHOT_CA_FILE", "/etc/prometheus/cert.pem"),
            ("OSO_SNAPSHOT_USERNAME", "admin"),
            ("OSO_SNAPSHOT_PASSWORD_FILE", "/etc/prometheus/password"));

        await agent.EndsWithAsync(0);
        await Judge.Sha256SumAcceptsAsync(target.Archive + ".sha256");
    }

    private static async Task CopiesAreTheArchiveAsync(AgentContainer agent, TargetContainer target)
    {
        string directory = Directory.CreateTempSubdirectory("oso-copy-").FullName;
        string whole = Path.Combine(directory, "whole.tar");
        string rest = Path.Combine(directory, "rest.tar");

        // kubectl cp runs the first command. After 1000 bytes, kubectl cp --retries runs the second one.
        await agent.CopyAsync(whole, "tar", "cf", "-", ArchiveInContainer);
        await agent.CopyAsync(rest, "sh", "-c", $"tar cf - '{ArchiveInContainer}' | tail -c+1001");

        Assert.Equal((await File.ReadAllBytesAsync(whole))[1000..], await File.ReadAllBytesAsync(rest));
        (await HostCommand.RunAsync("tar", "xf", whole, "-C", directory)).Succeeded();
        Assert.Equal(await File.ReadAllBytesAsync(target.Archive), await File.ReadAllBytesAsync(directory + ArchiveInContainer));
        Directory.Delete(directory, recursive: true);
    }

    private static async Task PressEnterInASecondClientAsync(AgentContainer agent)
    {
        using Pty first = new();
        using (Process client = agent.Attach(first))
        {
            first.Resize(24, 80);
            await first.WaitForAsync("then press Enter here");
            client.Kill(entireProcessTree: true);
            await client.WaitForExitAsync();
        }

        using Pty second = new();
        using Process again = agent.Attach(second);
        second.Resize(40, 120);
        await second.WaitForAsync("then press Enter here");
        second.PressEnter();
        await second.WaitForAsync("snapshot creation procedure completed");
    }
}
