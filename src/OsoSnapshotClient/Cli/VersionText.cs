using System.CommandLine;
using System.CommandLine.Invocation;
using OsoSnapshotClient.Agents;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Cli;

/// <summary><c>--version</c> prints this program's version, and that of the agents that it works with.</summary>
internal sealed class VersionText : SynchronousCommandLineAction
{
    // Like the base class: other words on the command line don't matter.
    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(
            $"kubectl-oso_snapshot {ProductVersion.Text} (for agents of version {AgentVersions.Range})");
        return 0;
    }
}
