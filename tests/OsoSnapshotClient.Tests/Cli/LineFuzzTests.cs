using OsoSnapshotAgent.Tests.Cli;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotClient.Cli;

namespace OsoSnapshotClient.Tests.Cli;

public sealed class LineFuzzTests
{
    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_random_line_is_understood_or_refused(int seed) =>
        LineFuzz.Run(seed, ClientCommandLine.Create(), ClientCommandLine.Program);
}
