using System.Diagnostics;
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Tests that kubectl neither gets the terminal's Ctrl-C nor outlives the client.</summary>
public sealed class ClientChildTests : IDisposable
{
    private const string CtrlC = "\u0003";
    private const int Presses = 8;
    private const int LastMilliseconds = 1_000;

    private readonly Cluster _cluster = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ClientChildTests() => _cluster.Configure(new JsonObject { ["answer_seconds"] = 60 });

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Ctrl_C_gives_130_at_every_early_moment(int busyLoops)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), out int set) ? set : Environment.TickCount & 0xFFFF;
        Random random = new(seed);
        Process[] busy = [.. Enumerable.Range(0, busyLoops).Select(_ => HostCommand.Start(["sh", "-c", "while :; do :; done"]))];
        try
        {
            for (int press = 0; press < Presses; press++)
            {
                int milliseconds = random.Next(LastMilliseconds);
                (int status, string screen) = await PressAsync(milliseconds);
                Assert.True(status == 130, $"{status} after {milliseconds} ms, OSO_TEST_SEED={seed}:\n{screen}");
            }
        }
        finally
        {
            Array.ForEach(busy, process => process.Kill());
        }

        Assert.Empty(_cluster.Files);
    }

    [Fact]
    public async Task After_kill_9_of_the_client_no_kubectl_lives_on()
    {
        _cluster.Configure(new JsonObject { ["debug_seconds"] = 60 });
        using Process take = _cluster.Start("take", Cluster.Pod);
        await Eventually.HoldsAsync(
            () => Task.FromResult(_cluster.Processes.Any(process => process.Contains("\0proxy\0", StringComparison.Ordinal))),
            () => "no kubectl proxy");

        take.Kill();

        await Eventually.HoldsAsync(() => Task.FromResult(!_cluster.Processes.Any()), () => string.Join('\n', _cluster.Processes));
    }

    [Fact]
    public async Task Ctrl_C_does_not_reach_kubectl_even_if_the_client_hears_of_it_late()
    {
        _cluster.PlaceKubectl("trap 'echo kubectl heard it >/dev/tty; exit 1' INT; echo at work >/dev/tty; while :; do sleep 0.05; done");
        using Pty terminal = new();
        using Process take = _cluster.StartOn(terminal, "take", Cluster.Pod);
        await terminal.WaitForAsync("at work");

        await HostCommand.RunAsync("kill", "-STOP", $"{take.Id}");
        terminal.Type(CtrlC);
        await Task.Delay(500, Token);
        await HostCommand.RunAsync("kill", "-CONT", $"{take.Id}");

        await take.WaitForExitAsync(Token).WaitAsync(Eventually.Deadline, Token);
        Assert.Equal(130, take.ExitCode);
        Assert.DoesNotContain("kubectl heard it", terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_what_a_script_in_place_of_kubectl_has_started_too()
    {
        _cluster.PlaceKubectl("echo at work >/dev/tty; sleep 1000; exit 1");
        using Pty terminal = new();
        using Process take = _cluster.StartOn(terminal, "take", Cluster.Pod);
        await terminal.WaitForAsync("at work");

        terminal.Type(CtrlC);

        await take.WaitForExitAsync(Token).WaitAsync(Eventually.Deadline, Token);
        Assert.Equal(130, take.ExitCode);
        await Eventually.HoldsAsync(() => Task.FromResult(!_cluster.Processes.Any()), () => string.Join('\n', _cluster.Processes));
    }

    [Fact]
    public async Task A_login_plugin_that_asks_at_the_terminal_fails_at_once()
    {
        _cluster.PlaceKubectl("read password </dev/tty || echo nobody answers >&2; exit 1");
        using Pty terminal = new();
        using Process status = _cluster.StartOn(terminal, "status", Cluster.Pod);

        await terminal.WaitForAsync("nobody answers");

        await status.WaitForExitAsync(Token).WaitAsync(Eventually.Deadline, Token);
        Assert.Equal(1, status.ExitCode);
    }

    private async Task<(int Status, string Screen)> PressAsync(int milliseconds)
    {
        using Pty terminal = new();
        using Process take = _cluster.StartOn(terminal, "take", Cluster.Pod);
        await Eventually.HoldsAsync(() => Task.FromResult(IsClient(take.Id)), () => "no client");

        await Task.Delay(milliseconds, Token);
        terminal.Type(CtrlC);

        await take.WaitForExitAsync(Token).WaitAsync(Eventually.Deadline, Token);
        return (take.ExitCode, terminal.Screen);
    }

    // The kernel keeps the first 15 bytes of a name.
    private static bool IsClient(int id) =>
        ProcessTable.NameOf(id) is { Length: > 0 } name && Path.GetFileName(Client.Binary).StartsWith(name, StringComparison.Ordinal);
}
