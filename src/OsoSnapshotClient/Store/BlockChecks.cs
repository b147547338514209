using OsoSnapshotCore;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Store;

/// <summary>How much of the blocks <c>verify</c> reads.</summary>
internal enum VerifyDepth
{
    /// <summary>None: names, sizes, checksum files and what the store knows of the bytes are compared.</summary>
    Listed,

    /// <summary>Those that no verify has read: <see cref="VerifiedBlocks"/>.</summary>
    New,

    /// <summary>All.</summary>
    Deep,
}

/// <summary>Checks the blocks of a backup, several at a time.</summary>
/// <param name="records">Whether the blocks that were read are recorded.</param>
internal sealed class BlockChecks(IBackupStore store, VerifyDepth depth, bool records) : IDisposable
{
    // In a bucket, a look waits for the answers to two requests.
    private const int MaxLooks = 16;
    private const int MaxReaders = 8;

    private readonly SemaphoreSlim _looks = new(MaxLooks);
    private readonly SemaphoreSlim _readers = new(Math.Min(Environment.ProcessorCount, MaxReaders));
    private int _read;

    public VerifiedBlocks Verified { get; } = new(store);

    /// <summary>How many blocks were read.</summary>
    public int Read => _read;

    /// <summary>The files in <c>blocks/</c> at the start.</summary>
    public BlockFiles Files { get; } = new(store);

    /// <summary>Checks a block's archive and its checksum file.</summary>
    public async Task<CheckedBlock> CheckAsync(BlockName name, CancellationToken token)
    {
        return await RunAsync(_looks, () => TryLook(name)) ?? (await RunAsync(_readers, ReadBlock))!;

        CheckedBlock? ReadBlock()
        {
            Interlocked.Increment(ref _read);
            CheckedBlock block = CheckedBlock.Read(store, name, token);
            if (records && block.IsSound)
            {
                Verified.Record(name, block.FileBytes, block.Sha256!);
            }

            return block;
        }

        async Task<CheckedBlock?> RunAsync(SemaphoreSlim slots, Func<CheckedBlock?> check)
        {
            await slots.WaitAsync(token);
            try
            {
                return await Task.Run(check, token);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    /// <returns>Whether a verify has read a block since its archive was written.</returns>
    public bool HasBeenRead(CheckedBlock block) =>
        Files.Find(block.Name) is { } file && Verified.HasRead(block.Name, file, block.Sha256!);

    public void Dispose()
    {
        _looks.Dispose();
        _readers.Dispose();
    }

    /// <returns>null if the block must be read.</returns>
    private CheckedBlock? TryLook(BlockName name)
    {
        if (depth == VerifyDepth.Deep)
        {
            return null;
        }

        try
        {
            StoredFile? file = depth == VerifyDepth.Listed ? store.Find(name.Path) : Files.Find(name);
            bool hasChecksum = Files.HasChecksum(name);
            Sha256? sha256 = hasChecksum ? StoredBlocks.ReadChecksumFile(store, name) : null;
            return depth == VerifyDepth.New && (file is null || sha256 is null || !Verified.HasRead(name, file, sha256))
                ? null
                : new(name, file?.SizeBytes ?? 0, null, [])
                {
                    HasChecksum = hasChecksum,
                    Sha256 = sha256,
                    StoreChecksum = file?.Checksum,
                };
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            return depth == VerifyDepth.New
                ? null
                : new(name, 0, null, [CheckedBlock.Explain(name, e)]) { HasChecksum = false };
        }
    }
}
