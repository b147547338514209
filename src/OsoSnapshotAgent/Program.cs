using System.CommandLine;
using OsoSnapshotAgent.Commands;
using OsoSnapshotCore;

ParseResult commandLine = AgentCommandLine.Create().Parse(args);
bool isWrong = commandLine.Errors.Count > 0;
InvocationConfiguration configuration = new()
{
    // The procedure handles signals itself, since it has a volume to tidy.
    ProcessTerminationTimeout = null,

    // Standard output may be the file that an archive's bytes go to.
    Output = isWrong ? Console.Error : Console.Out,
};
int status = await commandLine.InvokeAsync(configuration);
return isWrong ? (int)ExitStatus.Settings : status;
