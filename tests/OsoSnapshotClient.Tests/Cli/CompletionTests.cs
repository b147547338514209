using OsoSnapshotClient.Cli;

namespace OsoSnapshotClient.Tests.Cli;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("take", "--str", "--stream", "--streams", ":4")]
    [InlineData("re", "remove", "restore", ":4")]
    public void A_begun_word_is_completed(params string[] wordsAndSuggestions)
    {
        int words = wordsAndSuggestions[0] == "take" ? 2 : 1;
        using StringWriter output = new() { NewLine = "\n" };

        Completion.Run(ClientCommandLine.Create(), wordsAndSuggestions[..words], output);

        Assert.Equal(wordsAndSuggestions[words..], output.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void Where_there_is_nothing_to_suggest_the_shell_completes_files()
    {
        using StringWriter output = new() { NewLine = "\n" };

        Completion.Run(ClientCommandLine.Create(), ["restore", "arch"], output);

        Assert.Equal(":0\n", output.ToString());
    }
}
