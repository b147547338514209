using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Verify;

/// <summary>Tests <c>verify</c> in an environment that was made for a run.</summary>
public sealed class VerifySettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("oso-settings-").FullName;

    public VerifySettingsTests() => BlockGenerator.Generate(new GeneratorOptions
    {
        Directory = _directory,
        BlockCount = 1,
        SizeBytes = 1 << 16,
        Seed = 1,
        Until = TimeProvider.System.GetUtcNow(),
    });

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("OSO_SNAPSHOT_LEVEL=best")]
    [InlineData("REMOVE=perhaps")]
    [InlineData("OSO_SNAPSHOT_ASCII=maybe", "--json")]
    public async Task A_wrong_setting_that_it_does_not_need_hides_no_verdict(params string[] variableAndOptions) =>
        Assert.NotEmpty((await VerifyAsync(variableAndOptions)).Succeeded().Output);

    [Fact]
    public async Task A_wrong_setting_that_it_needs_is_told_before_anything_is_read()
    {
        CommandResult result = await VerifyAsync("OSO_SNAPSHOT_ASCII=maybe");

        Assert.Equal((2, string.Empty), (result.ExitStatus, result.Output));
        Assert.Contains("OSO_SNAPSHOT_ASCII='maybe': must be yes, no", result.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> VerifyAsync(params string[] variableAndOptions) => HostCommand.RunAsync(
        ["env", variableAndOptions[0], RunningAgent.Binary, "verify", _directory, .. variableAndOptions[1..]]);
}
