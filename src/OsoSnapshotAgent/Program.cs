using System.CommandLine;
using OsoSnapshotAgent;
using OsoSnapshotAgent.Commands;

ParseResult commandLine = AgentCommandLine.Create().Parse(args);

// The procedure handles signals itself, since it has a volume to tidy.
int status = await commandLine.InvokeAsync(new() { ProcessTerminationTimeout = null });
return commandLine.Errors.Count > 0 ? (int)ExitStatus.Settings : status;
