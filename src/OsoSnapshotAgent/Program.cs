using OsoSnapshotAgent.Cli;
using OsoSnapshotCore.Cli;

return await CommandRun.RunAsync(AgentCommandLine.Create(), args, AgentCommandLine.Program);
