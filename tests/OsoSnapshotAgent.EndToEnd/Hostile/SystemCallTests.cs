using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Judging;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests the agent's system calls, as strace sees them: none names a file below the data directory by a path.
/// </summary>
public sealed partial class SystemCallTests : IDisposable
{
    private const string DataDirectory = "/proc/1/root/prometheus";

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-strace-").FullName;

    // The agent's user writes to this directory.
    public SystemCallTests() => File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);

    private string TraceFile => Path.Combine(_directory, "trace");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_run_reaches_files_below_the_data_directory_only_by_descriptors()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });

        // The second run deletes and replaces the files that the first one leaves.
        (await pod.RunAgentAsync()).EndedWith(0);
        (await pod.RunAgentAsync(Traced())).EndedWith(0);

        AssertOnlyByDescriptor();
    }

    [Fact]
    public async Task REMOVE_reaches_files_below_the_data_directory_only_by_descriptors()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        (await pod.RunAgentAsync()).EndedWith(0);

        (await pod.RunAgentAsync(Traced() with { Environment = Given.Variables(("REMOVE", "yes")) })).EndedWith(0);

        AssertOnlyByDescriptor();
    }

    [Fact]
    public async Task Release_and_remove_reaches_files_below_the_data_directory_only_by_descriptors()
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        await using RunningAgent agent = await pod.StartHoldingAgentAsync(Traced());

        (await agent.ExecAsync("release", "--remove")).Succeeded();

        (await agent.WaitAsync()).EndedWith(0);
        Assert.Empty(await Volume.ArtefactsAsync(pod.DataDirectory));
        AssertOnlyByDescriptor();
    }

    [Theory]
    [InlineData("ENOSYS")]
    [InlineData("EPERM")]
    public async Task A_kernel_or_a_profile_without_openat2_makes_no_difference(string error)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(new PodOptions { Blocks = new BlockSet() });
        (await pod.RunAgentAsync()).EndedWith(0);
        AgentOptions options = Traced("--inject=openat2:error=" + error);

        (await pod.RunAgentAsync(options)).EndedWith(0);
        await Judge.Sha256SumAcceptsAsync(pod.Archive + ".sha256");
        (await pod.RunAgentAsync(options with { Environment = Given.Variables(("REMOVE", "yes")) })).EndedWith(0);

        Assert.Empty(await Volume.ArtefactsAsync(pod.DataDirectory));
    }

    // The lines are strace's own. They show that the rule can fail.
    [Theory]
    [InlineData(true, """9 openat(7</tmp/x/root/prometheus>, "snapshots.tgz", O_RDONLY|O_CLOEXEC) = 8""")]
    [InlineData(true, """9 openat(7</tmp/x/root/prometheus/snapshots>, "a/b", O_RDONLY|O_NOFOLLOW) = 8""")]
    [InlineData(true, """9 unlinkat(7</tmp/x/root/prometheus>, "snapshots/a", 0) = 0""")]
    [InlineData(true, """9 unlink("/proc/1/root/prometheus/snapshots.tgz") = 0""")]
    [InlineData(true, """9 open("/proc/self/fd/7/snapshots.tgz", O_RDONLY|O_NOFOLLOW) = 8""")]
    [InlineData(true, """9 statx(7</tmp/x/root/prometheus>, "snapshots", AT_STATX_SYNC_AS_STAT <unfinished ...>""")]
    [InlineData(true, """9 renameat(7</tmp/x/root/prometheus>, "a", 7</tmp/x/root/prometheus>, "b/c") = 0""")]
    [InlineData(false, """9 openat(AT_FDCWD</>, "/proc/1/root/prometheus", O_RDONLY|O_PATH) = 7""")]
    [InlineData(false, """9 openat(7</tmp/x/root/prometheus>, "snapshots.tgz", O_RDONLY|O_NOFOLLOW|O_CLOEXEC) = 8""")]
    [InlineData(false, """9 openat(7</tmp/x/root/prometheus>, ".", O_RDONLY|O_DIRECTORY) = 8""")]
    [InlineData(false, """9 statx(7</tmp/x/root/prometheus>, "", AT_EMPTY_PATH, STATX_BASIC_STATS, {}) = 0""")]
    [InlineData(false, """9 unlinkat(7</tmp/x/root/prometheus>, "snapshots.tgz", 0) = 0""")]
    [InlineData(false, """9 readlink("/proc/self/fd/7", "/tmp/x/root/prometheus", 4096) = 22""")]
    public void Calls_by_a_path_and_calls_that_follow_a_link_are_recognised(bool isWrong, string call) =>
        Assert.Equal(isWrong, IsByPath(call) || FollowsLinks(call));

    private AgentOptions Traced(params string[] more) => new()
    {
        Wrapper = ["/usr/bin/strace", "-f", "-y", "-s", "4096", "-e", "trace=%file,openat2", .. more, "-o", TraceFile],
    };

    private void AssertOnlyByDescriptor()
    {
        string[] calls = [.. File.ReadLines(TraceFile).Where(line => line.Contains('(', StringComparison.Ordinal))];

        // Without this check, a trace without any call would pass too.
        Assert.Contains(calls, call => call.Contains("snapshots.tgz", StringComparison.Ordinal));
        AssertNone("are by a path", calls, IsByPath);
        AssertNone("follow a link", calls, FollowsLinks);
    }

    private static void AssertNone(string what, string[] calls, Func<string, bool> isWrong)
    {
        string[] wrong = [.. calls.Where(isWrong)];
        string message = $"{wrong.Length} of {calls.Length} calls {what}:\n{string.Join('\n', wrong.Take(40))}";
        Assert.True(wrong.Length == 0, message);
    }

    private static bool IsByPath(string call) => Arguments(call).Any(IsBelowByPath);

    private static IEnumerable<string> Arguments(string call) =>
        Strings().Matches(call).Select(match => match.Groups[1].Value);

    // The directory itself can only be found by its path. The kernel follows a link below /proc/self/fd/N.
    private static bool IsBelowByPath(string path) =>
        (path.StartsWith(DataDirectory + "/", StringComparison.Ordinal) && path != DataDirectory + "/.")
        || UnderDescriptor().IsMatch(path);

    // The kernel follows links in all components of a name except the last, and in the last too unless a flag forbids
    // it.
    private static bool FollowsLinks(string call)
    {
        string[] names = [.. Arguments(call).Where(name => name is not ("" or ".") && !name.StartsWith('/'))];
        bool isNested = names.Any(name => name == ".." || name.Contains('/', StringComparison.Ordinal));
        bool opens = Opening().IsMatch(call) && !NotFollowed().IsMatch(call);
        bool looks = Looking().IsMatch(call) && !NotFollowed().IsMatch(call);
        return BelowDescriptor().IsMatch(call) && names.Length > 0 && (isNested || opens || looks);
    }

    [GeneratedRegex("""^/proc/self/fd/\d+/+[^/.]""")]
    private static partial Regex UnderDescriptor();

    // With O_EXCL the call makes a new file, so it can't follow a link.
    [GeneratedRegex("O_NOFOLLOW|O_EXCL|AT_SYMLINK_NOFOLLOW")]
    private static partial Regex NotFollowed();

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Strings();

    // Matches a descriptor of the data directory or of one below it, with a name: openat(7</…/prometheus/snapshots>,
    // "…"
    [GeneratedRegex("""\(\d+</[^>]*/root/prometheus(/[^>]*)?>, "[^/]""")]
    private static partial Regex BelowDescriptor();

    [GeneratedRegex("""\d openat\(""")]
    private static partial Regex Opening();

    // strace prints the flags of newfstatat only after the call has returned.
    [GeneratedRegex("""\d (statx|newfstatat(?!.*unfinished))\(""")]
    private static partial Regex Looking();
}
