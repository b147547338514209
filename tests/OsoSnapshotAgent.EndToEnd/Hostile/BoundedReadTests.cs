using System.Globalization;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Files of the target that never end, that never begin, or that are too many: the run is done all the same, in little memory.</summary>
public sealed partial class BoundedReadTests
{
    private const int Files = 200_000;

    private const long MaxLogBytes = 1 << 20;

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
        await RootShell.RunAsync("truncate -s 8G $0/etc/passwd; rm $0/etc/group; mkfifo $0/etc/group; chmod 644 $0/etc/*", pod.Root);

        (await Measured.RunAsync(pod, new AgentOptions())).EndedWith(0);
    }

    [Fact]
    public async Task A_listing_of_very_many_files_says_how_many_it_has_left_out()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await RootShell.RunAsync("cd $0; seq -f file-%06.0f $1 | xargs touch", pod.DataDirectory, Files.ToString(CultureInfo.InvariantCulture));

        AgentResult result = (await Measured.RunAsync(pod, new AgentOptions())).EndedWith(0);

        Assert.InRange(new FileInfo(Path.Combine(pod.DataDirectory, "snapshots.log")).Length, 1, MaxLogBytes);
        int listed = result.Output.Split('\n').Count(line => line.Contains(" file-", StringComparison.Ordinal));
        Assert.InRange(listed, 1, Files / 20);
        Assert.Contains(Numbers().Matches(result.Output), number => LeavesOut(number.Value));
    }

    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    public async Task Directories_too_deep_to_walk_end_no_run_with_a_crash(string remove)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        const string Dig = "import os, sys; os.chdir(sys.argv[1]); [(os.mkdir('directory'), os.chdir('directory')) for _ in range(5000)]";
        await RootShell.RunAsync("mkdir $0/snapshots; python3 -c \"$1\" $0/snapshots; chown -R --reference=$0 $0/snapshots", pod.DataDirectory, Dig);

        AgentResult result = await Measured.RunAsync(pod, new AgentOptions { Environment = Given.Variables(("REMOVE", remove)) });

        Assert.True(result.ExitStatus is 0 or 6, $"status {result.ExitStatus}: {result.TerminationMessage}");
    }

    // What Prometheus itself was started with is something else: it would not start with such a file.
    private static async Task PretendAsync(PrometheusPod pod, string argument)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Hostile", "rewrite-argument.py");
        string pid = pod.FirstProcessId.ToString(CultureInfo.InvariantCulture);
        await RootShell.RunAsync("python3 $0 $1 $2 $3; tr '\\0' '\\n' </proc/$1/cmdline | grep -q web.config.file", program, pid, Placeholder, argument);
    }

    private static bool LeavesOut(string number) =>
        int.Parse(string.Concat(number.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture) is > Files * 9 / 10 and < Files + 100;

    // 199,000 or 199000, but no part of a name, a date or a checksum.
    [GeneratedRegex("""(?<![\w.:-])\d{3}[, ]?\d{3}(?![\w.:-])""")]
    private static partial Regex Numbers();
}
