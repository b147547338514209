using OsoSnapshotAgent.Cli;

namespace OsoSnapshotAgent.Tests.Cli;

public sealed class ExportCommandTests
{
    [Theory]
    [InlineData("export", "--offset", "-1")]
    [InlineData("export", "--offset", "1.5")]
    [InlineData("export", "--length", "many")]
    public void Options_that_make_no_sense_are_refused(params string[] arguments) => Assert.NotEmpty(AgentCommandLine.Create().Parse(arguments).Errors);
}
