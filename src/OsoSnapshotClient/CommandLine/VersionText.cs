using System.CommandLine;
using System.CommandLine.Invocation;
using OsoSnapshot.Formats;
using OsoSnapshotClient.Agents;

namespace OsoSnapshotClient.CommandLine;

/// <summary><c>--version</c>: this program's, and that of the agents that it works with.</summary>
internal sealed class VersionText : SynchronousCommandLineAction
{
    // As the base does: whatever else stands on the command line.
    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(
            $"kubectl-oso_snapshot {ProductVersion.Text} (for agents of version {AgentVersions.Range})");
        return 0;
    }
}
