using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Faults;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>
/// Tests prune on a failing disk, and that pipes stop no verb of the published client. Works on a copy of what version
/// 0.2.0 wrote.
/// </summary>
public sealed class BackupFaultTests : IAsyncLifetime
{
    private const int MaxCalls = 200;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-backup-fault-").FullName;

    private string Backups => Path.Combine(_folder, "backups");

    public async ValueTask InitializeAsync() => await CopyAsync();

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("stat")]
    [InlineData("open")]
    [InlineData("read")]
    [InlineData("list")]
    public async Task An_error_while_prune_looks_at_anything_deletes_no_block_of_a_list(string call)
    {
        using FaultyDisk disk = await FaultyDisk.CompileAsync();
        for (int at = 1; at < MaxCalls; at++)
        {
            await CopyAsync();
            string[] before = Content();
            string[] variables =
            [
                .. disk.Failing(new(call, at, Fault.InputOutputError)).Select(pair => $"{pair.Key}={pair.Value}"),
                $"FAULT_UNDER={_folder}",
            ];

            CommandResult prune = await HostCommand.RunAsync(
                ["env", .. variables, Client.Binary, "prune", Backups, "--keep-last", "1"]);

            bool isHit = prune.Error.Contains("fault: ", StringComparison.Ordinal);
            string which = string.Create(CultureInfo.InvariantCulture, $"{call} {at}: {prune.Error}");
            Assert.True(ListsAreComplete(), which);
            Assert.True(prune.ExitStatus != 0 || before.Length > Content().Length, which);
            Assert.True(prune.Output.Contains("deleting ", StringComparison.Ordinal) || before.SequenceEqual(Content()), which);
            if (!isHit)
            {
                Assert.Equal(0, prune.ExitStatus);
                Assert.InRange(at, 3, MaxCalls);
                return;
            }
        }

        Assert.Fail("prune made too many calls");
    }

    [Fact]
    public async Task A_holder_stops_prune_though_the_runtimes_own_locks_are_off()
    {
        string[] before = Content();
        using Process holder = HostCommand.Start(["flock", "--shared", Path.Combine(Backups, ".lock"), "sh", "-c", "echo held; cat"]);
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        CommandResult prune = await HostCommand.RunAsync(
            "env", "DOTNET_SYSTEM_IO_DISABLEFILELOCKING=1", Client.Binary, "prune", Backups, "--keep-last", "1");

        Assert.Equal(8, prune.ExitStatus);
        Assert.Contains("another client uses it", prune.Error, StringComparison.Ordinal);
        Assert.Equal(before, Content());
        holder.StandardInput.Close();
        await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("oso-backup.json")]
    [InlineData(".lock")]
    [InlineData("list")]
    [InlineData("block")]
    [InlineData("sha256")]
    public async Task A_pipe_at_any_name_stops_no_verb(string kind)
    {
        string path = kind switch
        {
            "list" => Directory.GetFiles(Path.Combine(Backups, "snapshots"), "*.json", SearchOption.AllDirectories).Max()!,
            "block" => NewestBlock(),
            "sha256" => NewestBlock() + ".sha256",
            _ => Path.Combine(Backups, kind),
        };
        File.Delete(path);
        (await HostCommand.RunAsync("mkfifo", path)).Succeeded();
        string[][] verbs =
        [
            ["backups", Backups], ["verify", Backups], ["restore", Backups, Path.Combine(_folder, "restored")],
            ["prune", Backups, "--keep-last", "1"],
        ];
        List<int> ends = [];
        foreach (string[] verb in verbs)
        {
            ends.Add((await HostCommand.RunAsync([Client.Binary, .. verb], deadline: Limit)).ExitStatus);
        }

        Assert.All(ends, end => Assert.True(end is 0 or 6));
        Assert.Contains(6, ends);
    }

    private async Task CopyAsync()
    {
        if (Directory.Exists(Backups))
        {
            Directory.Delete(Backups, recursive: true);
        }

        (await HostCommand.RunAsync("cp", "-r", Repository.PathOf("tests/fixtures/0.2.0/backups"), Backups)).Succeeded();
    }

    private string[] Content() =>
        [.. Directory.GetFiles(Backups, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private bool ListsAreComplete() => Lists().SelectMany(BlocksOf).All(File.Exists);

    private string NewestBlock() => BlocksOf(Lists().Max()!).Last();

    private string[] Lists() =>
        Directory.GetFiles(Path.Combine(Backups, "snapshots"), "*.json", SearchOption.AllDirectories);

    private IEnumerable<string> BlocksOf(string list) =>
        from block in JsonNode.Parse(File.ReadAllText(list))!["blocks"]!.AsArray()
        select Path.Combine(
            Backups, "blocks", $"{(string)block!["ulid"]!}.{(string)block["fingerprint"]!}.tar.gz");
}
