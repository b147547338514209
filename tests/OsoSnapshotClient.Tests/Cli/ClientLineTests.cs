using System.CommandLine;
using OsoSnapshotAgent.Tests.Cli;
using OsoSnapshotClient.Cli;

namespace OsoSnapshotClient.Tests.Cli;

[Collection(nameof(ConsoleTests))]
public sealed class ClientLineTests : IDisposable
{
    private readonly string _before = Directory.GetCurrentDirectory();
    private readonly string _directory = Directory.CreateTempSubdirectory("oso-lines-").FullName;

    // A right line gets as far as kubectl, which is not there.
    public ClientLineTests()
    {
        Directory.SetCurrentDirectory(_directory);
        Environment.SetEnvironmentVariable("KUBECTL", Path.Join(_directory, "no-kubectl"));
    }

    public static TheoryData<string> Verbs =>
        [string.Empty, .. ClientCommandLine.Create().Subcommands.Select(verb => verb.Name)];

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("KUBECTL", null);
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task No_option_of_the_client_crashes_whatever_its_value_is(string verb)
    {
        RootCommand root = ClientCommandLine.Create();
        Command command = root.Subcommands.SingleOrDefault(one => one.Name == verb, root);
        OddLine[] lines = [.. OddLine.Of(root, command)];

        List<string> faults = await OddRun.FaultsAsync(ClientCommandLine.Create, lines, ClientCommandLine.Program, 1, 6, 7);

        Assert.NotEmpty(lines);
        Assert.True(faults.Count == 0, $"{faults.Count} of {lines.Length}:\n{string.Join('\n', faults.Take(20))}");
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a b")]
    [InlineData("a..b")]
    [InlineData("Upper")]
    [InlineData("a\u001b[31m")]
    [InlineData("pod/-f")]
    [InlineData("LONG")]
    public async Task A_name_that_Kubernetes_does_not_know_is_refused(string name)
    {
        name = name == "LONG" ? new('a', 65_536) : name;
        OddLine[] lines =
        [
            .. ((string[][])[["status", name], ["status", "pod", "-n", name], ["take", "pod", "--target", name]])
                .Select(words => new OddLine(words, IsWrong: true)),
        ];

        Assert.Empty(await OddRun.FaultsAsync(ClientCommandLine.Create, lines, ClientCommandLine.Program));
    }

    [Fact]
    public void Completion_takes_any_word()
    {
        RootCommand root = ClientCommandLine.Create();

        Assert.All(
            root.Subcommands.SelectMany(verb => OddLine.Of(root, verb)).Where((_, number) => number % 50 == 0),
            line => Assert.Equal(0, Completion.Run(ClientCommandLine.Create(), line.Words, TextWriter.Null)));
    }
}
