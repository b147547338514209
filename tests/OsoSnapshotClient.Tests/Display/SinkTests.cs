using System.Text.Json;
using OsoSnapshotAgent.Tests.House;
using OsoSnapshotClient.Display;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Tests.Display;

/// <summary>Nothing from outside gives the terminal a command, whatever way it goes.</summary>
public sealed class SinkTests
{
    private const string Evil = "a\u001b]0;x\a\r\u009b2J\u202eb\u2028\u200b\ud800c\nd\te";
    private const string Clean = "a ]0;x   2J b  \ufffdc\nd e";

    [Fact]
    public void Lines_lose_all_but_newlines()
    {
        using StringWriter output = new();
        LineReport report = new(output, "[p] ", isQuiet: false, TimeProvider.System);

        report.Warn(Evil);
        report.Log("x\u001b[2J");

        Assert.Equal($"[p] {Clean.Replace("\n", "\n[p] ", StringComparison.Ordinal)}\n[p]   │ x [2J\n", output.ToString());
    }

    [Fact]
    public async Task Bars_and_what_is_above_them_lose_all_but_newlines()
    {
        using StringWriter terminal = new();
        ProgressBars board = new(terminal, ascii: true, TimeProvider.System);
        BarReport report = new(board, "p", string.Empty, TimeProvider.System);

        report.Say(Evil);
        board.Show("p", "x\u001b[2J\ny", new("copying", long.MaxValue, 1));
        board.Write("end");
        await board.DisposeAsync();

        Assert.StartsWith($"{Clean}\nend\n{new string('#', 30)} x [2J y", terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_and_errors_lose_all_but_newlines()
    {
        using StringWriter output = new();
        using (PrintableWriter writer = new(output))
        {
            writer.Write(Evil);
            writer.Write('\u001b');
            writer.WriteLine(new string('x', 400_000));
        }

        Assert.Equal($"{Clean} {new string('x', 1000)}… (400000 characters)\n", output.ToString());
    }

    [Fact]
    public void Json_is_whole_and_escaped()
    {
        using StringWriter output = new();
        new JsonReport(output, "p", TimeProvider.System).Warn(Evil + new string('x', 5000));

        Assert.DoesNotContain(output.ToString()[..^1], letter => letter is < ' ' or > '~');
        Assert.Equal(
            Evil.Replace('\ud800', '\ufffd') + new string('x', 5000),
            JsonDocument.Parse(output.ToString()).RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public void Only_json_bars_completion_and_the_sanitiser_print_directly()
    {
        IEnumerable<string> files = SourceFile.All
            .Where(file => !file.Path.StartsWith("OsoSnapshotAgent/", StringComparison.Ordinal))
            .Where(file => file.Lines.Any(line => line.Contains("Console.Out", StringComparison.Ordinal)
                || line.Contains("Console.Error", StringComparison.Ordinal)
                || line.Contains("Console.Write", StringComparison.Ordinal)))
            .Select(file => Path.GetFileName(file.Path));

        Assert.Equal(
            ["BackupCommands.cs", "PodCommands.cs", "PrintableWriter.cs", "Program.cs", "ReportFactory.cs"],
            files.Order(StringComparer.Ordinal));
    }
}
