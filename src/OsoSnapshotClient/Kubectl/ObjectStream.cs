using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Reads objects that follow each other, and fails if one is longer than any answer may be.</summary>
internal sealed class ObjectStream(Stream source, IReadOnlyList<string> arguments) : ReadStream
{
    private int _count;

    /// <summary>An object has arrived whole.</summary>
    public void Reset() => _count = 0;

    public override int Read(Span<byte> buffer) => Count(source.Read(buffer));

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await source.ReadAsync(buffer, cancellationToken));

    private int Count(int count)
    {
        _count += count;
        return _count <= KubectlCalls.MaxAnswerLetters ? count : throw KubectlCalls.TooLong(arguments);
    }
}
