using System.CommandLine;
using System.Text;
using OsoSnapshotClient.Cli;
using OsoSnapshotCore.Cli;

if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

// The bash plugin that this client replaced took help as a verb.
string[] words = args is ["help", ..] or [] ? ["--help"] : args;
RootCommand root = ClientCommandLine.Create();
return words[0] == Completion.Word
    ? Completion.Run(root, words[1..], Console.Out)
    : await CommandRun.RunAsync(root, words, ClientCommandLine.Program);
