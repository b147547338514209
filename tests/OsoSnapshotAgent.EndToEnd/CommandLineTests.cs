using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

/// <summary>Tests the messages about the program's own command line, and the stream that they are written to.</summary>
public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("--offset is 'x', but must be a whole number from 0 to 9223372036854775807", "export", "--offset", "x")]
    [InlineData("--offset needs a value", "export", "--offset")]
    [InlineData("--length is '--offset', but must be a whole number", "export", "--length", "--offset", "1")]
    [InlineData("--block needs a value", "export", "--stream", "--block")]
    [InlineData("--offset is given more than once", "export", "--offset", "1", "--offset", "2")]
    [InlineData("--block is given more than once", "export", "--block", "1", "--block", "2")]
    [InlineData("--length is '99999999999999999999', but must be", "export", "--length", "99999999999999999999")]
    [InlineData("--block is '', but must be the name of a block", "export", "--block", "")]
    [InlineData("'perhaps' is one argument too many for status", "status", "--json=perhaps")]
    [InlineData("path is '', but must be a path", "verify", "")]
    [InlineData("There is no option '--remove'", "verify", "--remove")]
    [InlineData("There is no verb '@/etc/passwd'", "@/etc/passwd")]
    [InlineData("There is no verb '[suggest:99999999999999999999]'", "[suggest:99999999999999999999]")]
    [InlineData("--offset and --length don't go with it", "export", "--stream", "--offset", "1")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("--frobnicate", "status", "--frobnicate")]
    [InlineData("too", "verify", "one", "too")]
    public async Task A_wrong_command_line_is_reported_only_on_standard_error(string told, params string[] arguments)
    {
        CommandResult result = await HostCommand.RunAsync([RunningAgent.Binary, .. arguments]);

        Assert.Equal(2, result.ExitStatus);
        Assert.Empty(result.Output);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.StartsWith("❌ ", result.Error, StringComparison.Ordinal);
        Assert.Matches("\n   What to do: see oso-snapshot .*--help\n$", result.Error);
    }

    [Fact]
    public async Task A_huge_value_is_not_printed_whole()
    {
        CommandResult result = await HostCommand.RunAsync(RunningAgent.Binary, "export", "--block", new string('x', 120_000));

        Assert.Equal(2, result.ExitStatus);
        Assert.InRange(result.Error.Length, 200, 500);
    }

    [Fact]
    public async Task Help_names_each_variable_of_the_reference()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        string reference = await File.ReadAllTextAsync(Repository.PathOf("src/OsoSnapshotAgent/REFERENCE.md"), token);
        string[] section = reference.Split("\n## Settings\n")[1].Split("\n## ")[0].Split('\n');
        IEnumerable<string> inTable = section
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(row => Variable().Matches(row.Split('|')[1]), (_, name) => name.Value);

        CommandResult help = (await HostCommand.RunAsync(RunningAgent.Binary, "--help")).Succeeded();

        Assert.Empty(help.Error);
        IEnumerable<string> inHelp = help.Output.Split("\nEnvironment:\n")[1].Split('\n')
            .SelectMany(line => VariableWithValue().Matches(line), (_, name) => name.Groups[1].Value);
        Assert.Equal(inTable.Order(StringComparer.Ordinal), inHelp.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Help_of_a_verb_is_about_the_verb()
    {
        CommandResult help = (await HostCommand.RunAsync(RunningAgent.Binary, "export", "--help")).Succeeded();

        Assert.Contains("--offset <offset>", help.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Environment:", help.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("[A-Z][A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex("^  ([A-Z_]+)=")]
    private static partial Regex VariableWithValue();
}
