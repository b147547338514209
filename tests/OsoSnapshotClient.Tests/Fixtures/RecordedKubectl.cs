using System.Text;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>
/// Stands in for kubectl with recordings of a real cluster: each command prints what is recorded for it.
/// </summary>
internal sealed class RecordedKubectl : IKubectl
{
    private readonly List<(string Start, Func<IReadOnlyList<string>, Recording> Answer)> _recordings = [];
    private readonly List<string> _calls = [];

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    /// <param name="start">The first words of the command.</param>
    public RecordedKubectl On(string start, string output = "", string error = "", int status = 0) =>
        On(start, _ => new(Encoding.UTF8.GetBytes(output), error, status));

    /// <param name="answer">Makes the answer from the command's words.</param>
    public RecordedKubectl On(string start, Func<IReadOnlyList<string>, Recording> answer)
    {
        _recordings.Add((start, answer));
        return this;
    }

    public IKubectlCall Start(params IReadOnlyList<string> arguments)
    {
        string command = string.Join(' ', arguments);
        lock (_calls)
        {
            _calls.Add(command);
        }

        int index = _recordings.FindLastIndex(one => command.StartsWith(one.Start, StringComparison.Ordinal));
        Assert.True(index >= 0, $"Nothing is recorded for: {command}");
        return new Call(_recordings[index].Answer(arguments));
    }

    private sealed class Call(Recording recording) : IKubectlCall
    {
        private readonly TaskCompletionSource _killed = new();

        public Stream Output { get; } = recording.Endless?.Invoke() ?? new MemoryStream(recording.Output);

        public TextReader Error { get; } = recording.EndlessError is { } error
            ? new StreamReader(error())
            : new StringReader(recording.Error);

        public async Task<int> EndAsync()
        {
            if (recording.LastsUntilKilled)
            {
                await _killed.Task;
            }

            return recording.Status;
        }

        public void Kill() => _killed.TrySetResult();

        public void Dispose()
        {
            Output.Dispose();
            Error.Dispose();
        }
    }
}

internal sealed record Recording(byte[] Output, string Error, int Status)
{
    public bool LastsUntilKilled { get; init; }

    /// <summary>Makes the output in place of <see cref="Output"/>.</summary>
    public Func<Stream>? Endless { get; init; }

    /// <summary>Makes the errors in place of <see cref="Error"/>.</summary>
    public Func<Stream>? EndlessError { get; init; }
}
