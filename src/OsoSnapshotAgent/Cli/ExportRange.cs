using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Cli;

/// <summary>The options of <c>export</c> that choose bytes; null if they are not given.</summary>
internal sealed record ExportRange(long? Offset, long? Length)
{
    /// <exception cref="OperatorException">The options can't be used together.</exception>
    public void ThrowUnlessCombinable(bool isStream, BlockId? block)
    {
        string? problem = this switch
        {
            _ when isStream && block is not null => "--stream and --block exclude each other.",
            _ when isStream && (Offset ?? Length) is not null =>
                "--stream makes a new archive each time: --offset and --length don't go with it.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new OperatorException(ExitStatus.Settings, problem, "see oso-snapshot export --help");
        }
    }
}
