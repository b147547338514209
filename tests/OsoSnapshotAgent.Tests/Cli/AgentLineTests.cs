using System.CommandLine;
using OsoSnapshotAgent.Cli;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotAgent.Tests.Cli;

[Collection(nameof(ConsoleTests))]
public sealed class AgentLineTests
{
    public static TheoryData<string> Verbs =>
        [string.Empty, .. AgentCommandLine.Create().Subcommands.Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task No_option_of_the_agent_crashes_whatever_its_value_is(string verb)
    {
        RootCommand root = AgentCommandLine.Create();
        Command command = root.Subcommands.SingleOrDefault(one => one.Name == verb, root);
        OddLine[] lines = [.. OddLine.Of(root, command)];

        List<string> faults = await OddRun.FaultsAsync(
            AgentCommandLine.Create, lines.Where(IsHarmless), AgentCommandLine.Program, 6, 7);

        Assert.NotEmpty(lines);
        Assert.True(faults.Count == 0, $"{faults.Count} of {lines.Length}:\n{string.Join('\n', faults.Take(20))}");
    }

    [Theory]
    [InlineData("--stream and --block exclude each other", true, true, null, null)]
    [InlineData("--offset and --length don't go with it", true, false, 0L, null)]
    [InlineData("--offset and --length don't go with it", true, false, null, 1L)]
    public void Options_that_exclude_each_other_are_refused(
        string told, bool isStream, bool hasBlock, long? offset, long? length)
    {
        BlockId? block = BlockId.TryParse("01K3D2Z8Q9XN4T5V6W7Y8Z9A0B", out BlockId id) && hasBlock ? id : null;

        OperatorException refusal = Assert.Throws<OperatorException>(
            () => new ExportRange(offset, length).ThrowUnlessCombinable(isStream, block));

        Assert.Equal(ExitStatus.Settings, refusal.Status);
        Assert.Contains(told, refusal.Message, StringComparison.Ordinal);
    }

    // A right line would ask another agent of this machine, or find another Prometheus. Only verify of a path and help may
    // run.
    private static bool IsHarmless(OddLine line)
    {
        ParseResult parsed = CommandRun.Parse(AgentCommandLine.Create(), line.Words);
        try
        {
            CommandRun.ThrowIfWrong(parsed, AgentCommandLine.Program);
        }
        catch (OperatorException)
        {
            return true;
        }

        return line.IsWrong
            ? throw new InvalidOperationException($"this line is wrong, but was understood: {line}")
            : parsed.Action is System.CommandLine.Help.HelpAction || (parsed.CommandResult.Command.Name == "verify" && parsed.GetResult("path") is { Tokens.Count: > 0 });
    }
}
