using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class SilenceLimitTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task A_command_that_stays_silent_is_ended(int firstExtraMilliseconds)
    {
        await using RecordedProcess process = Start();

        using SilenceLimit silence = new(process, Short, Token, TimeSpan.FromMilliseconds(firstExtraMilliseconds));

        await process.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    [Fact]
    public async Task Each_sign_of_life_begins_the_time_anew()
    {
        await using RecordedProcess process = Start();
        TimeSpan first = TimeSpan.FromSeconds(1);
        using SilenceLimit silence = new(process, TimeSpan.FromMinutes(10), Token, first - TimeSpan.FromMinutes(10));

        silence.Heard();
        await Task.Delay(2 * first, Token);

        Assert.False(process.Ended.IsCompleted);
    }

    [Fact]
    public async Task Who_does_not_wait_any_more_ends_the_command_at_once()
    {
        await using RecordedProcess process = Start();
        using CancellationTokenSource source = new();
        using SilenceLimit silence = new(process, TimeSpan.FromMinutes(10), source.Token);

        await source.CancelAsync();

        await process.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    private static RecordedProcess Start() => new(Recording.Open(string.Empty), new MemoryStream());
}
