using OsoSnapshotAgent.Commands;
using OsoSnapshotCore.Cli;

return await CommandRun.RunAsync(AgentCommandLine.Create(), args, AgentCommandLine.Program);
