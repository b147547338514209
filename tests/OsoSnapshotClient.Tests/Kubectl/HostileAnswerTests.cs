using System.Text;
using OsoSnapshotAgent.Tests.Cli;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotClient.Verbs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Kubectl;

/// <summary>
/// Answers of a hostile cluster or pod. Other tests don't run meanwhile, because the memory of the process is measured.
/// </summary>
[Collection(nameof(ConsoleTests))]
public sealed class HostileAnswerTests
{
    private const string Running = """{"running": {}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kubectl_that_never_stops_printing_is_ended()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        KubectlProgram kubectl = new("sh", ["-c", "exec yes"]);

        OperatorException told = await BoundedAsync(
            () => Assert.ThrowsAsync<OperatorException>(() => kubectl.RunAsync(["get", "pods", "-o", "name"], Token)));

        Assert.Equal("The answer to 'kubectl get pods -o name' is longer than 4 MiB.", told.Message);
        Assert.Contains("--selector", told.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x\n")]
    [InlineData("\u001b[2J")]
    public async Task Errors_without_end_are_cut(string repeated)
    {
        RecordedKubectl kubectl = new RecordedKubectl().On(
            "exec", _ => new([], string.Empty, 1) { EndlessError = () => Repeated("start ", repeated) });

        KubectlAnswer answer = await BoundedAsync(() => kubectl.RunAsync(["exec"], Token));

        Assert.StartsWith("start", answer.ErrorText, StringComparison.Ordinal);
        Assert.InRange(answer.ErrorText.Length, 1, 64 << 10);
    }

    [Theory]
    [InlineData("""{"spec": {"containers": [""", """{"name":"a"},""")]
    [InlineData("""{"spec": {"containers": [{"name": "a", "args": [""", "\"\",")]
    [InlineData("""{"status": {"containerStatuses": [""", """{"name":"a","state":{"waiting":{}}},""")]
    [InlineData("{\"metadata\": {\"name\": \"", "x")]
    [InlineData("""{"x": """, "[")]
    [InlineData("", " ")]
    public async Task A_watched_pod_without_end_is_a_failure(string first, string repeated)
    {
        RecordedKubectl kubectl = new RecordedKubectl().On(
            "get pod", _ => new([], string.Empty, 0) { Endless = () => Repeated(first, repeated) });
        await using PodWatch watch = new(kubectl, Recorded.Pod);

        (Pod? pod, KubectlAnswer? failure) = await BoundedAsync(() => watch.StartAsync(Token));

        Assert.Null(pod);
        Assert.NotEmpty(failure!.ErrorText);
    }

    [Theory]
    [InlineData("""{"phase":"start","elapsedSeconds":1,"problems":[""", "\"\",")]
    [InlineData("""{"phase":"start","elapsedSeconds":1,"problems":["x"]} """, " ")]
    [InlineData("", "[")]
    public async Task A_status_without_end_ends_the_wait(string first, string repeated)
    {
        RecordedKubectl kubectl = Held().On(
            "exec", _ => new([], string.Empty, 0) { Endless = () => Repeated(first, repeated) });

        OperatorException told = await BoundedAsync(() => Assert.ThrowsAsync<OperatorException>(() => WaitAsync(kubectl)));

        Assert.Contains("longer than 4 MiB", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"archiveBytes":-1}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"archiveBytes":9223372036854775808}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"archiveBytes":1,"sha256":"../../x"}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"snapshot":"../evil"}""")]
    [InlineData("""{"phase":"hold-for-copy","elapsedSeconds":1,"problems":[null]}""")]
    [InlineData("""{"phase":"\u001b[2Jelsewhere","elapsedSeconds":1}""")]
    [InlineData("""{"elapsedSeconds":1}""")]
    [InlineData("null")]
    public async Task A_status_with_a_wrong_value_is_not_believed(string status)
    {
        OperatorException told = await Assert.ThrowsAsync<OperatorException>(() => WaitAsync(Held().On("exec", status)));

        Assert.StartsWith("The agent's answer can't be read: ", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(told.Message, char.IsControl);
    }

    [Fact]
    public async Task A_log_with_an_endless_line_is_cut_and_stripped()
    {
        using StringWriter said = new();
        RecordedKubectl kubectl = new RecordedKubectl().On(
            "logs", _ => new([], string.Empty, 0) { Endless = () => Repeated("\u001b]0;evil\a\u202e", "x") });
        ContainerLog log = new(Recorded.Access(kubectl, said), Recorded.Agent);

        await BoundedAsync(async () =>
        {
            await log.ShowRestAsync(Token);
            return 0;
        });

        Assert.InRange(said.ToString().Length, 1, 5000);
        Assert.DoesNotContain(said.ToString(), letter => letter != '\n' && (char.IsControl(letter) || letter == '\u202e'));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("-f")]
    [InlineData("a b")]
    [InlineData("\u001b[2J")]
    [InlineData("LONG")]
    public async Task A_pod_with_a_name_that_Kubernetes_does_not_know_is_refused(string name)
    {
        name = name == "LONG" ? new('a', 65_536) : name;
        RecordedKubectl kubectl = new RecordedKubectl().On("get pods", $"pod/sound\npod/{name}\n");
        using EndSignal signal = new();
        PodAccess access = Recorded.Access(kubectl);
        PodRunner runner = new(kubectl, access.Flags, access.Start, signal, (_, _) => access.Report);

        OperatorException told = await Assert.ThrowsAsync<OperatorException>(
            () => runner.RunManyAsync(null, 1, _ => throw new InvalidOperationException()));

        Assert.StartsWith("kubectl's answer is no list of pods: 'pod/", told.Message, StringComparison.Ordinal);
        Assert.InRange(told.Message.Length, 1, 200);
        Assert.Throws<System.Text.Json.JsonException>(
            () => Pod.Parse($$$"""{"spec": {"containers": [{"name": "{{{name.Replace("\u001b", "\\u001b", StringComparison.Ordinal)}}}"}]}}"""));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(-256)]
    [InlineData(int.MaxValue)]
    public void An_exit_code_that_the_system_would_cut_to_success_is_a_failure(int exitCode) => Assert.Equal(
        1, AgentState.Of(new() { Terminated = new() { ExitCode = exitCode } }).ExitCode);

    [Fact]
    public async Task A_file_that_fails_ends_the_work_on_a_pod_with_a_message()
    {
        using StringWriter said = new();
        RecordedKubectl kubectl = new();
        using EndSignal signal = new();
        PodAccess access = Recorded.Access(kubectl, said);
        PodRunner runner = new(kubectl, access.Flags, access.Start, signal, (_, _) => access.Report);

        PodResult result = await runner.RunOneAsync(
            Recorded.Pod, string.Empty, _ => throw new FileNotFoundException("gone\u001b[2J"));

        Assert.Equal(1, result.Status);
        Assert.Equal(
            "❌ A file here can't be read or written: gone [2J\n   What to do: remove the cause, then run the same command again\n",
            said.ToString());
    }

    private static RecordedKubectl Held() => new RecordedKubectl()
        .On("get pod", Recorded.PodWith(Running)).On("logs", string.Empty);

    private static async Task<RunStatus> WaitAsync(RecordedKubectl kubectl)
    {
        await using PodWatch watch = new(kubectl, Recorded.Pod);
        AgentContainer agent = new(Recorded.Access(kubectl), watch, Recorded.Agent, startBefore: null);
        return await ArchiveWait.RunAsync(agent, isAdopted: true, Token);
    }

    private static RepeatedStream Repeated(string first, string repeated) =>
        new(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(repeated));

    // What is alive at any moment is less than what was allocated since the last collection.
    private static async Task<T> BoundedAsync<T>(Func<Task<T>> action)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0;
        using Timer timer = new(_ => peak = Math.Max(peak, GC.GetTotalMemory(false) - before), null, 0, 5);
        T result = await action().WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.InRange(Math.Max(peak, GC.GetTotalMemory(false) - before), long.MinValue, Fuzz.MaxAllocatedBytes);
        return result;
    }
}
