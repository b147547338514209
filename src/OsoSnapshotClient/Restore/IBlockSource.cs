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

    /// <summary>Whether the agent fetches the blocks itself, as far as is known.</summary>
    bool IsFetched => false;

    /// <inheritdoc cref="RestoreRequest.Authorities"/>
    string? Authorities => null;

    /// <summary>Sends the archives of some blocks, one after the other.</summary>
    /// <exception cref="OsoSnapshotCore.OperatorException">A block can't be read.</exception>
    /// <exception cref="IOException">A block can't be read, or the sink takes no more.</exception>
    void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token);
}

/// <summary>Takes the archives of blocks.</summary>
internal interface IBlockSink
{
    /// <summary>Has the agent fetch a block's archive itself.</summary>
    /// <param name="sign">Makes an address of the archive, which is good for some minutes.</param>
    /// <returns>Why the agent can't; null if the block is back.</returns>
    string? Fetch(BlockId block, long fileBytes, Func<string> sign) => "it takes the bytes alone";

    /// <summary>Begins the archive of a block.</summary>
    /// <returns>Where it goes.</returns>
    Stream Begin(BlockId block);

    /// <summary>Ends the archive.</summary>
    void Finish();
}
