using System.CommandLine;
using OsoSnapshotClient.Cli;

namespace OsoSnapshotClient.Tests.Cli;

public sealed class HelpTextTests
{
    private static readonly RootCommand Root = ClientCommandLine.Create();

    public static TheoryData<string> Verbs => [.. Root.Subcommands.Select(verb => verb.Name)];

    [Fact]
    public void A_verb_that_needs_no_cluster_looks_like_this() => Assert.Equal(
        """
        Deletes snapshots from a backup directory, and the blocks that no remaining
        snapshot needs.

        Usage:    kubectl oso-snapshot prune DIR [options]
        Example:  kubectl oso-snapshot prune backups --keep-daily 7 --keep-weekly 4 --dry-run

          DIR                         What take --into has written to: a directory, or
                                      s3://BUCKET/PREFIX.

        What:
              --keep-last N           Keep this many snapshots of each pod.
              --keep-within AGE       Keep snapshots up to this age, such as 30d. The

        """,
        string.Join('\n', Of("prune").Split('\n')[..12]) + "\n",
        ignoreLineEndingDifferences: true);

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Each_example_of_a_verb_is_understood_and_shown(string verb)
    {
        Assert.All(HelpText.Examples[verb], line =>
        {
            ParseResult example = Root.Parse(line.Split(' '));

            Assert.Empty(example.Errors.Select(error => error.Message));
            Assert.Equal(verb, example.CommandResult.Command.Name);
            Assert.Contains($" {line}\n", Of(verb), StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Only_a_verb_that_reaches_a_cluster_names_kubectl_s_flags(string verb)
    {
        string help = Of(verb);

        bool takesPods = Verb(verb).Arguments.Any(argument => argument.Name == "POD")
            || Verb(verb).Options.Any(option => option.HelpName == "POD");
        Assert.Equal(takesPods, help.Contains("and kubectl's global flags: kubectl options", StringComparison.Ordinal));
        Assert.Equal(takesPods, help.Contains("--namespace", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void It_names_each_option_and_fits_80_columns(string verb)
    {
        string help = Of(verb);

        Assert.All(
            Verb(verb).Options.Select(option => option.Name).Where(name => name != "--help"),
            name => Assert.Contains($" {name}", help, StringComparison.Ordinal));
        Assert.All(
            help.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)),
            line => Assert.InRange(line.Length, 1, 80));
        Assert.DoesNotContain("kubectl-oso_snapshot", help, StringComparison.Ordinal);
    }

    private static Command Verb(string name) => Root.Subcommands.Single(verb => verb.Name == name);

    private static string Of(string verb) => HelpText.Of(Root, Verb(verb));
}
