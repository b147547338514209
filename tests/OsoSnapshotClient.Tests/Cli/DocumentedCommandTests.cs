using System.CommandLine;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.Tests.House;
using OsoSnapshotClient.Cli;

namespace OsoSnapshotClient.Tests.Cli;

/// <summary>Compares the commands in documents and manifests with the client's verbs and options.</summary>
public sealed class DocumentedCommandTests
{
    private const string ClientDocument = "src/OsoSnapshotClient/README.md";

    private static readonly string[] Chapters =
        ["src/OsoSnapshotClient/BACKUPS.md", "src/OsoSnapshotClient/BUCKETS.md", "src/OsoSnapshotClient/LIVE.md"];

    private static readonly RootCommand Root = ClientCommandLine.Create();

    // What a reader puts in the place of a word in capitals.
    private static readonly Dictionary<string, string> Values = new()
    {
        ["POD"] = "prom-0",
        ["NS"] = "oso",
        ["UID:GID"] = "65534:65534",
        ["N"] = "7",
        ["NAMESPACE.POD"] = "oso.prom-0",
        ["oso.POD"] = "oso.prom-0",
        ["--pod=NAMESPACE.POD"] = "--pod=oso.prom-0",
        ["--like=POD"] = "--like=prom-0",
        ["TIME"] = "2026-11-20T12:00:00Z",
        ["--keep-within=$(KEEP_WITHIN)"] = "--keep-within=30d",
    };

    public static TheoryData<string, string> Commands =>
    [
        .. OsoSnapshotAgent.Tests.House.CommandLine.All
            .Where(command => command.Words is ["kubectl", "oso-snapshot", _, ..])
            .Select(command => (command.Document, string.Join('\t', command.Words[2..]))).Distinct(),
        .. from manifest in Directory.GetFiles(
               Path.Join(SourceFile.Repository, "docker", "kubernetes"), "*.yaml", SearchOption.AllDirectories)
           from command in Manifest.Commands(File.ReadLines(manifest))
           select (Path.GetFileName(manifest), string.Join('\t', command)),
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_line_of_the_client_is_understood(string document, string arguments)
    {
        ParseResult parsed = Root.Parse([.. arguments.Split('\t').Select(word => Values.GetValueOrDefault(word, word))]);

        string[] errors =
        [
            .. parsed.Errors.Select(error => error.Message),
            .. (parsed.GetResult("POD") is { } pods ? pods.Tokens : []).Select(token => token.Value)
                .Where(pod => pod.StartsWith('-')).Select(pod => "unknown: " + pod),
        ];

        Assert.True(errors.Length == 0, $"{document}: {arguments}: {string.Join(' ', errors)}");
    }

    [Fact]
    public void Every_verb_and_option_of_the_client_is_in_its_chapter()
    {
        string[] spans =
        [
            .. ((string[])[ClientDocument, .. Chapters])
                .SelectMany(document => Document.At(document).Code).SelectMany(code => code.Split(' ', ',')),
        ];
        string[] globals = [.. Root.Options.Select(option => option.Name)];

        Assert.Empty(
            from verb in Root.Subcommands
            from name in verb.Options
                .Where(option => !globals.Contains(option.Name) && !spans.Intersect(option.Aliases).Any())
                .Select(option => option.Name).Append(verb.Name)
            where !spans.Contains(name)
            select $"{verb.Name}: {name}");
    }

    [Theory]
    [InlineData("option of `take`")]
    [InlineData("option")]
    public void An_option_in_the_tables_is_one_of_take(string table)
    {
        Command take = Root.Subcommands.Single(verb => verb.Name == "take");
        string[] known = [.. take.Options.Concat(Root.Options).SelectMany(option => option.Aliases.Append(option.Name))];
        IEnumerable<string> named = Document.At(ClientDocument).Table(table)
            .SelectMany(row => row[0].Split('`', ' ', ',')).Where(word => word.StartsWith('-') && word != "-");

        Assert.Empty(named.Except(known));
    }
}
