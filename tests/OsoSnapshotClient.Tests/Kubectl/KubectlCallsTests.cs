using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Kubectl;

public sealed class KubectlCallsTests
{
    [Theory]
    [InlineData(129)]
    [InlineData(130)]
    [InlineData(143)]
    public async Task Where_a_signal_ended_kubectl_before_the_client_heard_of_it_the_signal_counts(int status)
    {
        using CancellationTokenSource signal = new();
        RecordedKubectl kubectl = new RecordedKubectl().On("get", _ =>
        {
            signal.CancelAfter(TimeSpan.FromMilliseconds(50));
            return new([], string.Empty, status);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => kubectl.RunAsync(["get", "pods"], signal.Token));
    }

    [Fact]
    public async Task Without_a_signal_such_a_status_is_kubectls_answer()
    {
        RecordedKubectl kubectl = new RecordedKubectl().On("exec", status: 143);

        KubectlAnswer answer = await kubectl.RunAsync(["exec"], TestContext.Current.CancellationToken);

        Assert.Equal(143, answer.ExitCode);
    }
}
