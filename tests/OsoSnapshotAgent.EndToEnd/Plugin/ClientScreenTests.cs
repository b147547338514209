using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>What an operator sees: a take and the help, on terminals of several sizes and without one.</summary>
public sealed partial class ClientScreenTests
{
    // The first that .NET writes to a terminal.
    private const string KeyMode = "\e[?1h\e=";

    private const string Golden = """
        Looking at pod oso-p-prom-svr-N
        Starting container oso-snapshot-N beside prom-svr in pod oso-p-prom-svr-N
          │ ✅ Snapshot N captured. (oso-N)
          │ ✅ Archive /proc/N/root/data/snapshots.tgz created, read back and verified. (oso-N)
        Copied N KiB in Ns; checked Ns later
        ✅ oso-p-prom-svr-N-snapshots.tgz: N KiB, SHA-N N, structure right
        ✅ Released; the agent has removed this run's files and all snapshots
        """;

    [Fact]
    public async Task Without_a_terminal_a_take_prints_these_lines()
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target);

        CommandResult take = (await cluster.RunAsync("take", Cluster.Pod)).Succeeded();

        Assert.Equal(Golden.ReplaceLineEndings("\n"), Lines(take.Error));
        Assert.DoesNotContain('\e', take.Error);
    }

    [Theory]
    [InlineData(24, 80)]
    [InlineData(50, 200)]
    [InlineData(10, 40)]
    public async Task On_a_terminal_the_same_lines_stay_and_no_bar(int rows, int columns)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { TerminalSize = (rows, columns) };
        cluster.Configure(new JsonObject { ["faults"] = new JsonObject { ["bytes_per_second"] = 60_000 } });
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod);

        await terminal.WaitForAsync("✅ Released");
        await take.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);

        Assert.Contains("━", terminal.Screen, StringComparison.Ordinal);
        Assert.Equal(Golden.ReplaceLineEndings("\n"), Lines(Left(terminal.Screen)));
    }

    [Theory]
    [InlineData("TERM=dumb")]
    [InlineData("NO_COLOR=1")]
    public async Task On_a_terminal_that_asks_for_less_the_same_lines_come_without_an_escape_sequence(string variable)
    {
        await using TargetContainer target = await TargetContainer.StartAsync();
        using Cluster cluster = new(target) { TerminalVariable = variable };
        using Pty terminal = new();
        using Process take = cluster.StartOn(terminal, "take", Cluster.Pod);

        await terminal.WaitForAsync("✅ Released");
        await take.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);

        string screen = terminal.Screen.Replace(KeyMode, string.Empty, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', screen);
        Assert.Equal(Golden.ReplaceLineEndings("\n"), Lines(screen));
    }

    [Fact]
    public async Task The_help_is_plain_text_on_a_terminal_too()
    {
        using Cluster cluster = new();
        using Pty terminal = new();
        using Process help = cluster.StartOn(terminal, "take", "--help");

        await terminal.WaitForAsync("kubectl options");
        await help.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);

        CommandResult piped = (await cluster.RunAsync("take", "--help")).Succeeded();
        Assert.Equal(piped.Output, terminal.Screen.Replace(KeyMode, string.Empty, StringComparison.Ordinal).ReplaceLineEndings("\n"));
    }

    // What varies between two runs becomes one letter. Only a slow machine has lines of what is waited for.
    private static string Lines(string text) => string.Join(
        '\n',
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("  ", StringComparison.Ordinal) || line.StartsWith("  │", StringComparison.Ordinal))
            .Select(line => Varying().Replace(line.TrimEnd('\r'), "N")));

    // A terminal erases what is below the cursor at ESC [ J. The client draws one bar, at the screen's foot.
    private static string Left(string screen) => Bar().Replace(screen.Replace(KeyMode, string.Empty, StringComparison.Ordinal), string.Empty);

    [GeneratedRegex("[0-9a-f]{64}|[0-9]+T[0-9]+Z-[0-9a-f]{16}|[0-9]+(?:[-.][0-9]+)*")]
    private static partial Regex Varying();

    [GeneratedRegex("[^\n]*\r\e\\[J")]
    private static partial Regex Bar();
}
