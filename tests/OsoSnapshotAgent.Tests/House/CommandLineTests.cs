using OsoSnapshotAgent.Cli;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>
/// Compares the commands in documents with the programs. The client's own tests do the same for the client.
/// </summary>
public sealed class CommandLineTests
{
    private static readonly Document Reference = Document.At("src/OsoSnapshotAgent/REFERENCE.md");
    private static readonly Document Waiting = Document.At("src/OsoSnapshotAgent/WAIT.md");

    public static TheoryData<string, string> Agent =>
    [
        .. CommandLine.All.Select(command => (command.Document, Arguments(command.Words)))
            .Where(command => command.Item2 is not null)
            .Select(command => (command.Document, string.Join(' ', command.Item2!))).Distinct(),
        .. Reference.Table("verb").SelectMany(row => Document.Cells($"|{row[0]}|"))
            .Select(synopsis => (Reference.Path, string.Concat(synopsis.Split('[', ']', '`')))),
    ];

    public static TheoryData<string, string> Build =>
    [
        .. CommandLine.All.Where(command => command.Words[0] == "./build.sh")
            .Select(command => (command.Document, command.Words.ElementAtOrDefault(1) ?? string.Empty)).Distinct(),
    ];

    [Theory]
    [MemberData(nameof(Agent))]
    public void A_command_line_of_the_agent_is_understood(string document, string arguments)
    {
        string[] words = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word switch { "N" => "1", "M" => "2", "ULID" => "01M7Y45MG0X6R9BE8XAK3Q0DCX", _ => word })];

        IEnumerable<string> errors = AgentCommandLine.Create().Parse(words).Errors.Select(error => error.Message);

        Assert.True(!errors.Any(), $"{document}: oso-snapshot {arguments}: {string.Join(' ', errors)}");
    }

    [Fact]
    public void Every_verb_of_the_agent_and_its_options_are_in_the_reference()
    {
        string[] synopses = [.. Reference.Table("verb").Concat(Waiting.Table("verb")).Select(row => row[0])];

        Assert.Empty(
            from verb in AgentCommandLine.Create().Subcommands
            let synopsis = string.Concat(synopses.Where(one => one.StartsWith($"`{verb.Name}", StringComparison.Ordinal)))
            from option in verb.Options.Select(option => option.Name).Where(name => name != "--help").Append(verb.Name)
            where !synopsis.Contains(option, StringComparison.Ordinal)
            select $"{verb.Name}: {option}");
    }

    [Theory]
    [MemberData(nameof(Build))]
    public void A_verb_of_the_build_is_there(string document, string verb) => Assert.True(
        verb.Length == 0 || File.ReadAllText(Path.Join(SourceFile.Repository, "build.sh"))
            .Contains($"\nverb_{verb}() {{", StringComparison.Ordinal),
        $"{document}: ./build.sh {verb}");

    [Fact]
    public void Words_are_split_as_a_shell_does()
    {
        const string Line = "until A=1 kubectl exec \"$p\" -- x 'a b' 2>/dev/null | grep -q 'p h' && y $(z 1) >f   # z";

        Assert.Equal(
            [["kubectl", "exec", "$p", "--", "x", "a b"], ["grep", "-q", "p h"], ["y", "1"]],
            CommandLine.Split(Line));
    }

    // The program may be called through "kubectl exec POD -- oso-snapshot status" or directly.
    private static string[]? Arguments(string[] words)
    {
        int program = Array.FindIndex(words, word => word is "oso-snapshot" or "dist/oso-snapshot");
        bool isAgent = program == 0 || (program > 0 && words[program - 1] == "--");
        return isAgent ? words[(program + 1)..] : null;
    }
}
