using System.IO.Pipelines;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>A command in a container that answers what it reads.</summary>
internal sealed class TalkingProcess : IRemoteProcess
{
    private readonly Pipe _input = new();
    private readonly Pipe _output = new();

    /// <param name="talk">Reads the input and writes the output, until it returns the exit status.</param>
    public TalkingProcess(Func<Stream, Stream, Task<int?>> talk)
    {
        (Input, Output) = (_input.Writer.AsStream(), _output.Reader.AsStream());
        Ended = Task.Run(() => RunAsync(talk));
    }

    public Stream Input { get; }

    public Stream Output { get; }

    public Stream Error { get; } = new MemoryStream();

    public Task<RemoteEnd> Ended { get; }

    public void Kill() => _input.Writer.Complete();

    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    private async Task<RemoteEnd> RunAsync(Func<Stream, Stream, Task<int?>> talk)
    {
        int? status = null;
        try
        {
            status = await talk(_input.Reader.AsStream(), _output.Writer.AsStream());
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The client has gone.
        }

        await _output.Writer.CompleteAsync();
        return new(status, status is null ? "the connection broke" : string.Empty);
    }
}
