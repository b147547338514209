using System.Globalization;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests files without an end, pipes without a writer, and very many files: the run succeeds, in little memory.
/// </summary>
public sealed partial class BoundedReadTests
{
    private const int Files = 200_000;

    private const long MaxLogBytes = 1 << 20;

    // The volume is in memory, where this many files can be made and deleted in seconds.
    private static readonly PodOptions Quick = new()
    {
        VolumeBytes = 1L << 30,
        Blocks = new BlockSet(Count: 1, SizeBytes: 1 << 16),
        ScrapesItself = false,
    };

    // Prometheus would reserve 512 MiB for the head, and the volume has 1 GiB.
    private static readonly (string, string) WithoutHead = ("OSO_SNAPSHOT_SKIP_HEAD", "yes");

    private static readonly string Placeholder = "--web.page-title=" + new string('x', 60);

    [Theory]
    [InlineData("/tmp/fifo")]
    [InlineData("/dev/zero")]
    [InlineData("/tmp/large")]
    public async Task A_web_configuration_that_can_not_be_read_to_its_end_is_no_obstacle(string path)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Flags = [Placeholder] });
        await RootShell.RunAsync("mkfifo $0/tmp/fifo; truncate -s 8G $0/tmp/large; chmod 644 $0/tmp/*", pod.Root);
        await PretendAsync(pod, "--web.config.file=" + path);

        (await Measured.RunAsync(pod, new AgentOptions())).EndedWith(0);
    }

    [Fact]
    public async Task A_huge_list_of_accounts_is_no_obstacle()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        const string Plant = "cd $0/etc; truncate -s 8G passwd; rm group; mkfifo group; chmod 644 passwd group";
        await RootShell.RunAsync(Plant, pod.Root);

        (await Measured.RunAsync(pod, new AgentOptions())).EndedWith(0);
    }

    [Fact]
    public async Task A_listing_of_very_many_files_says_how_many_it_has_left_out()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Quick);
        string count = Files.ToString(CultureInfo.InvariantCulture);
        await RootShell.RunAsync("cd $0; seq -f file-%06.0f $1 | xargs touch", pod.DataDirectory, count);
        AgentOptions options = new() { Environment = Given.Variables(WithoutHead) };

        AgentResult result = (await Measured.RunAsync(pod, options)).EndedWith(0);

        string logBytes = await RootShell.RunAsync("stat -c %s $0/snapshots.log", pod.DataDirectory);
        Assert.InRange(long.Parse(logBytes, CultureInfo.InvariantCulture), 1, MaxLogBytes);
        int listed = result.Output.Split('\n').Count(line => line.Contains(" file-", StringComparison.Ordinal));
        Assert.InRange(listed, 1, Files / 20);
        Assert.Contains(Numbers().Matches(result.Output), number => LeavesOut(number.Value));
    }

    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    public async Task Directories_too_deep_to_walk_end_no_run_with_a_crash(string remove)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Quick);
        const string Dig = """
            mkdir $0/snapshots && cd $0/snapshots
            python3 -c 'import os; [(os.mkdir("directory"), os.chdir("directory")) for _ in range(5000)]'
            chown -R --reference=$0 .
            """;
        await RootShell.RunAsync(Dig, pod.DataDirectory);
        AgentOptions options = new() { Environment = Given.Variables(WithoutHead, ("REMOVE", remove)) };

        AgentResult result = await pod.RunAgentAsync(options);

        Assert.True(result.ExitStatus is 0 or 6, $"status {result.ExitStatus}: {result.TerminationMessage}");
    }

    // Prometheus would not start with such a file, so the argument is changed after the start.
    private static async Task PretendAsync(PrometheusPod pod, string argument)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Hostile", "rewrite-argument.py");
        string pid = pod.FirstProcessId.ToString(CultureInfo.InvariantCulture);
        const string Rewrite = "python3 $0 $1 $2 $3; grep -q web.config.file /proc/$1/cmdline";
        await RootShell.RunAsync(Rewrite, program, pid, Placeholder, argument);
    }

    private static bool LeavesOut(string number)
    {
        string digits = string.Concat(number.Where(char.IsAsciiDigit));
        return int.Parse(digits, CultureInfo.InvariantCulture) is > Files * 9 / 10 and < Files + 100;
    }

    // Matches 199,000 and 199000, but no part of a name, a date or a checksum.
    [GeneratedRegex("""(?<![\w.:-])\d{3}[, ]?\d{3}(?![\w.:-])""")]
    private static partial Regex Numbers();
}
