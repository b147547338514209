using System.Text;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>A command in a container that prints a recording.</summary>
internal sealed class RecordedProcess : IRemoteProcess
{
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RecordedProcess(Recording recording, MemoryStream input)
    {
        Task end = recording.LastsUntilKilled ? _killed.Task : Task.CompletedTask;
        Input = input;
        Output = recording.Endless?.Invoke() ?? new OpenStream(recording.Output, end);
        Error = recording.EndlessError?.Invoke() ?? new OpenStream(Encoding.UTF8.GetBytes(recording.Error), end);
        Ended = EndAsync(recording, end);
    }

    public Stream Input { get; }

    public Stream Output { get; }

    public Stream Error { get; }

    public Task<RemoteEnd> Ended { get; }

    public void Kill() => _killed.TrySetResult();

    public ValueTask DisposeAsync()
    {
        Kill();
        Output.Dispose();
        Error.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<RemoteEnd> EndAsync(Recording recording, Task end)
    {
        await end;
        return new(recording.Status, recording.Problem) { Refusal = recording.RefusedLater };
    }

    // Some bytes; its end comes with the end of the task.
    private sealed class OpenStream(byte[] bytes, Task end) : ReadStream
    {
        private int _position;

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, bytes.Length - _position);
            bytes.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Read(buffer.Span);
            if (count == 0)
            {
                await end.WaitAsync(cancellationToken);
            }

            return count;
        }
    }
}
