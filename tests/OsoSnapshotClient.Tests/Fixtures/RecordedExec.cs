using System.Text;
using System.Text.Json;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>
/// Stands in for the commands in a pod with recordings: each verb of the agent prints what is recorded for it.
/// </summary>
internal sealed class RecordedExec : IRemoteExec
{
    private const string Program = "oso-snapshot";

    private readonly List<(string Start, Func<IReadOnlyList<string>, Recording> Answer)> _recordings = [];
    private readonly List<string> _calls = [];
    private readonly List<MemoryStream> _inputs = [];

    /// <summary>The verbs with their arguments.</summary>
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

    /// <summary>What each verb read from its standard input.</summary>
    public IReadOnlyList<string> Inputs
    {
        get
        {
            lock (_calls)
            {
                return [.. _inputs.Select(input => Encoding.UTF8.GetString(input.ToArray()))];
            }
        }
    }

    /// <param name="start">The first words of the verb.</param>
    public RecordedExec On(string start, string output = "", string error = "", int status = 0) =>
        On(start, _ => new(Encoding.UTF8.GetBytes(output), error, status));

    /// <param name="start">The first words of the verb.</param>
    /// <param name="answer">Makes the answer from the verb's words.</param>
    public RecordedExec On(string start, Func<IReadOnlyList<string>, Recording> answer)
    {
        _recordings.Add((start, answer));
        return this;
    }

    /// <summary>Answers <c>follow</c> with this status; then nothing happens any more.</summary>
    public RecordedExec Follows(params RunStatus[] statuses) =>
        On("follow", _ => Recording.Open(string.Concat(statuses.Select(status => Event(status)))));

    public Task<IRemoteProcess> StartAsync(string container, IReadOnlyList<string> command, CancellationToken token)
    {
        Assert.Equal(Program, command[0]);
        string[] words = [.. command.Skip(1)];
        string line = string.Join(' ', words);
        int index = _recordings.FindLastIndex(one => line.StartsWith(one.Start, StringComparison.Ordinal));
        Assert.True(index >= 0, $"Nothing is recorded for: {line}");
        MemoryStream input = new();
        lock (_calls)
        {
            _calls.Add(line);
            _inputs.Add(input);
        }

        Recording recording = _recordings[index].Answer(words);
        return recording.RefusedStart is { } refusal
            ? Task.FromException<IRemoteProcess>(refusal)
            : Task.FromResult<IRemoteProcess>(
                recording.Talk is { } talk ? new TalkingProcess(talk) : new RecordedProcess(recording, input));
    }

    /// <summary>The line of <c>follow</c> with a status.</summary>
    public static string Event(RunStatus status, long position = 0) =>
        JsonSerializer.Serialize(new() { Position = position, Run = status }, ControlJson.Default.RunEvent) + "\n";

    /// <summary>The line of <c>follow</c> with a line of the log.</summary>
    public static string Event(long position, string line) =>
        JsonSerializer.Serialize(new() { Position = position, Line = line }, ControlJson.Default.RunEvent) + "\n";
}

/// <param name="Status">The exit status; null if the connection breaks after the output.</param>
internal sealed record Recording(byte[] Output, string Error, int? Status)
{
    /// <summary>Whether nothing more comes after the output, and the connection stays.</summary>
    public bool LastsUntilKilled { get; init; }

    /// <summary>Makes the output in place of <see cref="Output"/>.</summary>
    public Func<Stream>? Endless { get; init; }

    /// <summary>Makes the errors in place of <see cref="Error"/>.</summary>
    public Func<Stream>? EndlessError { get; init; }

    /// <summary>Reads the input and writes the output, until it returns the exit status.</summary>
    public Func<Stream, Stream, Task<int?>>? Talk { get; init; }

    /// <summary>Why the connection broke, or what the cluster says of the end.</summary>
    public string Problem { get; init; } = string.Empty;

    /// <summary>The cluster's refusal to start the command.</summary>
    public ClusterException? RefusedStart { get; init; }

    /// <summary>The cluster's refusal after it has accepted the connection.</summary>
    public ClusterException? RefusedLater { get; init; }

    /// <summary>The connection breaks after this output.</summary>
    public static Recording Cut(byte[] output, string problem = "the connection broke") =>
        new(output, string.Empty, null) { Problem = problem };

    /// <summary>The connection stays open after this output.</summary>
    public static Recording Open(string output) =>
        new(Encoding.UTF8.GetBytes(output), string.Empty, null) { LastsUntilKilled = true };

    public static Recording Refused(int code, string message) =>
        new([], string.Empty, null) { RefusedStart = new(code, string.Empty, message) };
}
