using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Measures the memory that is in use while a stream is read, beyond what was in use before.</summary>
internal sealed class KeptMemory(Stream source) : ReadStream
{
    private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);

    public long MaxBytes { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        MaxBytes = Math.Max(MaxBytes, GC.GetTotalMemory(forceFullCollection: true) - _before);
        return source.Read(buffer[..Math.Min(buffer.Length, 64 * 1024)]);
    }
}

/// <summary>Its tests run alone, because others take memory too.</summary>
[CollectionDefinition(nameof(KeptMemory), DisableParallelization = true)]
public sealed class KeptMemoryGroup;
