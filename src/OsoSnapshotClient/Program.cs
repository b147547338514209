using System.CommandLine;
using System.Text;
using OsoSnapshotClient.CommandLine;

if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

// The bash plugin that this client replaced took help as a verb.
string[] words = args is ["help", ..] or [] ? ["--help"] : args;
RootCommand root = ClientCommandLine.Create();
if (words[0] == Completion.Word)
{
    return Completion.Run(root, words[1..], Console.Out);
}

ParseResult commandLine = root.Parse(words);
return commandLine.Errors.Count > 0
    ? CommandErrors.Tell(CommandErrors.Describe(commandLine))
    : await commandLine.InvokeAsync(new InvocationConfiguration
    {
        // The verbs handle signals themselves (EndSignal), because they print messages before the end.
        ProcessTerminationTimeout = null,
    });
