using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Restore;

/// <summary>The blocks of a backup, which go into a running Prometheus.</summary>
internal interface IBlockSource : IDisposable
{
    /// <summary>Where they come from, for messages.</summary>
    string Name { get; }

    /// <summary>The version of the Prometheus that made them; null if it is unknown.</summary>
    string? PrometheusVersion { get; }

    IReadOnlyList<OfferedBlock> Blocks { get; }

    /// <summary>Sends the archives of some blocks, one after the other.</summary>
    /// <exception cref="OsoSnapshotCore.OperatorException">A block can't be read.</exception>
    /// <exception cref="IOException">A block can't be read, or the sink takes no more.</exception>
    void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token);
}

/// <summary>Takes the archives of blocks.</summary>
internal interface IBlockSink
{
    /// <summary>Begins the archive of a block.</summary>
    /// <returns>Where it goes.</returns>
    Stream Begin(BlockId block);

    /// <summary>Ends the archive.</summary>
    void Finish();
}
