using System.CommandLine;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Cli;

/// <summary>Whether the agent reaches a bucket itself: --direct and --direct=only.</summary>
/// <param name="description">What the agent then does.</param>
internal sealed class DirectOptions(string description)
{
    private readonly Option<bool> _preferred = new("--direct") { Description = description };

    private readonly Option<bool> _only = new("--direct=only")
    {
        Description = "As --direct, but if the pod can't reach the bucket, the run fails.",
    };

    public IEnumerable<Option<bool>> All => [_preferred, _only];

    /// <param name="isPossible">Whether the blocks go to or come from a bucket.</param>
    /// <param name="problem">Why they can't otherwise.</param>
    /// <exception cref="OperatorException">An option is given that can't be met.</exception>
    public DirectUse Read(ParseResult arguments, bool isPossible, string problem)
    {
        DirectUse use = arguments.GetValue(_preferred) ? DirectUse.Preferred : DirectUse.No;
        use = arguments.GetValue(_only) ? DirectUse.Only : use;
        return use == DirectUse.No || isPossible
            ? use
            : throw new OperatorException(ExitStatus.Settings, problem, "leave it out");
    }
}
