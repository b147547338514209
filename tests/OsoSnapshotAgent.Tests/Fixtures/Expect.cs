using System.Text;
using OsoSnapshotAgent.Output;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>Checks a failure that an operator will read.</summary>
internal static class Expect
{
    public static void Failure(OperatorException failure, ExitStatus status, string problemPart, string remedyPart)
    {
        Assert.Equal(status, failure.Status);
        Assert.True(failure.Message.Contains(problemPart, StringComparison.Ordinal), $"\"{problemPart}\" is not in: {failure.Message}");
        Assert.True(failure.Remedy.Contains(remedyPart, StringComparison.Ordinal), $"\"{remedyPart}\" is not in: {failure.Remedy}");
        IsToldBriefly(failure);
    }

    public static void Failure(Action action, ExitStatus status, string problemPart, string remedyPart) =>
        Failure(Assert.ThrowsAny<OperatorException>(action), status, problemPart, remedyPart);

    public static async Task FailureAsync(Func<Task> action, ExitStatus status, string problemPart, string remedyPart) =>
        Failure(await Assert.ThrowsAnyAsync<OperatorException>(action), status, problemPart, remedyPart);

    // Checks that the termination message holds problem and remedy, or the start of each. Every failure in a test
    // passes here.
    private static void IsToldBriefly(OperatorException failure)
    {
        string told = TerminationMessage.Compose(failure.Brief, failure.Remedy);

        Assert.InRange(Encoding.UTF8.GetByteCount(told), 1, 300);
        string[] parts = told.Split(" What to do: ");
        Assert.Equal(2, parts.Length);
        Assert.All([(Told: parts[0], Whole: failure.Brief), (Told: parts[1], Whole: failure.Remedy)], part =>
        {
            string whole = Printable.Line(part.Whole.ReplaceLineEndings(" "));
            bool isCut = part.Told != whole;
            Assert.True(!isCut || part.Told.EndsWith(" …", StringComparison.Ordinal), $"No ellipsis after: {part.Told}");

            // The cut may be within a word: one that fills half of the line, such as a long path, is cut too.
            string start = isCut ? part.Told[..^2] : part.Told;
            Assert.StartsWith(start, whole, StringComparison.Ordinal);
            Assert.InRange(start.Length, Math.Min(whole.Length, 20), whole.Length);
        });
    }
}
