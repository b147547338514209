using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Tests a process of the same user in another container of the pod that uses the agent's abstract socket.
/// </summary>
public sealed partial class StrangerTests : IDisposable
{
    private const string WaitForStranger = """
        /usr/bin/readlink /proc/self/ns/mnt >$0/namespace
        until [[ -e $0/go ]]; do /usr/bin/sleep 0.02; done
        exec "$@"
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-stranger-").FullName;

    // The agent's user writes to this directory.
    public StrangerTests() => File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("status", """{"exitStatus":0,"problem":"\u001b]0;owned\u0007\u001b[2J","remedy":"owned"}""")]
    [InlineData("status", """{"exitStatus":0,"run":{"phase":"owned\u001b[2J","elapsedSeconds":1}}""")]
    [InlineData("release", """{"exitStatus":0,"run":{"phase":"x","elapsedSeconds":1},"removed":["\u001b[2Jowned"]}""")]
    [InlineData("status", "owned\u001b[2J")]
    public async Task An_answer_of_a_stranger_is_not_believed_and_the_log_warns(string verb, string answer)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        Task<RunningAgent> starting = pod.StartAgentAsync(new AgentOptions
        {
            Wrapper = ["/bin/bash", "-c", WaitForStranger, _directory],
            Environment = Given.Variables(("OSO_SNAPSHOT_HOLD", "forever")),
        });
        string name = await NameAsync(Path.Combine(_directory, "namespace"));
        using Process stranger = await ListenAsync(pod, name, answer);
        await RootShell.RunAsync("touch $0/go", _directory);
        await using RunningAgent agent = await starting;
        await Eventually.HoldsAsync(
            async () => (await LogAsync(pod)).Contains("Holding", StringComparison.Ordinal),
            () => "no hold");

        CommandResult said = await agent.ExecAsync(verb);

        string printed = said.Output + said.Error;
        Assert.True(said.ExitStatus == 3, $"status {said.ExitStatus}: {printed}");
        Assert.DoesNotContain("owned", printed, StringComparison.Ordinal);
        Assert.DoesNotContain(printed, letter => char.IsControl(letter) && letter != '\n');
        Assert.Contains((await LogAsync(pod)).Split('\n'), line => Warning().IsMatch(line));
    }

    [Theory]
    [InlineData("remove")]
    [InlineData("release")]
    [InlineData("status")]
    public async Task A_request_of_a_stranger_is_not_obeyed(string request)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync();
        await using RunningAgent agent = await pod.StartHoldingAgentAsync();
        string before = await Volume.ArtefactsAsync(pod.DataDirectory);
        string space = await RootShell.RunAsync("readlink /proc/$0/ns/mnt", $"{agent.Pid}");

        CommandResult answer = await HostCommand.RunAsync(Stranger(pod, "ask", "oso-snapshot/" + space.TrimEnd(), request));

        Assert.DoesNotContain("phase", answer.Output, StringComparison.Ordinal);
        Assert.Equal(before, await Volume.ArtefactsAsync(pod.DataDirectory));
        (await agent.ExecAsync("status")).Succeeded();
    }

    [GeneratedRegex("^⚠️.*(socket|oso-snapshot status)")]
    private static partial Regex Warning();

    private static async Task<string> NameAsync(string file)
    {
        await Eventually.HoldsAsync(
            () => Task.FromResult(File.Exists(file) && new FileInfo(file).Length > 0),
            () => "no namespace");
        return "oso-snapshot/" + (await File.ReadAllTextAsync(file)).TrimEnd();
    }

    // The listener ends with the pod, because it is in the pod's PID namespace.
    private static async Task<Process> ListenAsync(PrometheusPod pod, string name, string answer)
    {
        Process stranger = HostCommand.Start(Stranger(pod, "listen", name, answer));
        Assert.Equal("listening", await stranger.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline));
        return stranger;
    }

    private static Task<string> LogAsync(PrometheusPod pod) =>
        RootShell.RunAsync("cat $0/snapshots.log 2>/dev/null || true", pod.DataDirectory);

    // The stranger shares the pod's network and PID namespace, not its files. /usr/bin has a python3 that any user may
    // run.
    private static IReadOnlyList<string> Stranger(PrometheusPod pod, params string[] arguments)
    {
        string[] ids = pod.Options.User.Split(':');
        string program = Path.Combine(AppContext.BaseDirectory, "Hostile", "stranger.py");
        return HostCommand.AsRoot(
        [
            "nsenter", "--target", pod.FirstProcessId.ToString(CultureInfo.InvariantCulture), "--pid", "--net",
            "setpriv", "--reuid", ids[0], "--regid", ids[1], "--clear-groups",
            "/usr/bin/python3", "-c", File.ReadAllText(program), .. arguments,
        ]);
    }
}
