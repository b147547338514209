using System.CommandLine;
using System.Text;
using OsoSnapshotClient.CommandLine;

if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

// The shell's word for help, as the first plugin took it.
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
        // The verbs have something to tell before a signal ends them.
        ProcessTerminationTimeout = null,
    });
