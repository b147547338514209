using OsoSnapshotClient.Restore;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Store;

/// <summary>The blocks of a snapshot in a backup directory or a bucket.</summary>
internal sealed class BackupBlocks : IBlockSource
{
    private readonly IBackupStore _store;
    private readonly ListedSnapshot _snapshot;

    private BackupBlocks(IBackupStore store, ListedSnapshot snapshot)
    {
        (_store, _snapshot) = (store, snapshot);
        Blocks = [.. snapshot.Blocks.Values.Select(block => new OfferedBlock
        {
            Ulid = block.Ulid,
            Fingerprint = block.Fingerprint,
            From = block.From,
            To = block.To,
            Bytes = block.Bytes,
            Sha256 = block.Sha256.Text,
        })];
    }

    /// <summary>Whose snapshot it is.</summary>
    public PodName Pod => _snapshot.Pod;

    public string Name => $"{_snapshot} of {_store.Path}";

    public string? PrometheusVersion => _snapshot.List.PrometheusVersion;

    public IReadOnlyList<OfferedBlock> Blocks { get; }

    /// <inheritdoc cref="SnapshotChoice" path="/param"/>
    /// <exception cref="OperatorException">There is no such snapshot, or a block of it is missing or damaged.
    /// </exception>
    public static BackupBlocks Open(BackupPlace place, string? pod, string? at, CancellationToken token)
    {
        IBackupStore store = place.OpenToRead(token);
        try
        {
            ListedSnapshot snapshot = new SnapshotChoice(store, pod, at).Find();
            foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
            {
                BackupRestore.RequireWhole(store, snapshot, name, block);
                if (block.Problems is [var problem, ..])
                {
                    throw BackupRestore.Damaged(snapshot, name, $"as it was on Prometheus' disk: {problem}");
                }
            }

            return new(store, snapshot);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token)
    {
        foreach (BlockName name in _snapshot.Blocks.Keys.Where(name => wanted.Contains(name.Ulid.Text)))
        {
            token.ThrowIfCancellationRequested();
            using Stream file = _store.Open(name.Path);
            file.CopyTo(sink.Begin(name.Ulid));
            sink.Finish();
        }
    }

    public void Dispose() => _store.Dispose();
}
