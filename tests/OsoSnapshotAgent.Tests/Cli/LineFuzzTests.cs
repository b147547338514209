using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Cli;

public sealed class LineFuzzTests
{
    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_random_line_is_understood_or_refused(int seed) =>
        LineFuzz.Run(seed, AgentCommandLine.Create(), AgentCommandLine.Program);
}
