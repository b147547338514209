namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>Judges a failure that an operator will read.</summary>
internal static class Expect
{
    public static void Failure(AgentException failure, ExitStatus status, string problemPart, string remedyPart)
    {
        Assert.Equal(status, failure.Status);
        Assert.True(failure.Message.Contains(problemPart, StringComparison.Ordinal), $"\"{problemPart}\" is not in: {failure.Message}");
        Assert.True(failure.Remedy.Contains(remedyPart, StringComparison.Ordinal), $"\"{remedyPart}\" is not in: {failure.Remedy}");
    }

    public static void Failure(Action action, ExitStatus status, string problemPart, string remedyPart) =>
        Failure(Assert.Throws<AgentException>(action), status, problemPart, remedyPart);

    public static async Task FailureAsync(Func<Task> action, ExitStatus status, string problemPart, string remedyPart) =>
        Failure(await Assert.ThrowsAsync<AgentException>(action), status, problemPart, remedyPart);
}
