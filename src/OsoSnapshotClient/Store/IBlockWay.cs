namespace OsoSnapshotClient.Store;

/// <summary>A way of blocks from the agent into a store. It carries one block at a time.</summary>
internal interface IBlockWay
{
    /// <summary>How often a connection broke.</summary>
    int Cuts { get; }

    /// <summary>Bytes of the current block's files that were read so far; may be read from any thread.</summary>
    long ContentBytes { get; }

    /// <summary>Resets <see cref="ContentBytes"/>, because the caller now counts the block as complete.</summary>
    void Forget();

    /// <param name="contentBytes">The size of the block's files.</param>
    /// <returns>The block in the store, and whether this run copied it, not another client.</returns>
    /// <exception cref="OsoSnapshotCore.OperatorException">The block can't be copied, or is not what the agent
    /// announced.</exception>
    Task<(StoredBlock Block, bool IsCopied)> RunAsync(BlockName name, long contentBytes, CancellationToken token);
}
