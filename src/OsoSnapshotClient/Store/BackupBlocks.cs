using OsoSnapshotClient.Display;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Store;

/// <summary>The blocks of a snapshot in a backup directory or a bucket.</summary>
internal sealed class BackupBlocks : IBlockSource
{
    private readonly IBackupStore _store;
    private readonly ListedSnapshot _snapshot;
    private readonly S3Store? _bucket;
    private readonly DirectSwitch _direct;

    private BackupBlocks(IBackupStore store, ListedSnapshot snapshot, DirectUse direct, IPodReport report)
    {
        (_store, _snapshot) = (store, snapshot);
        _bucket = direct == DirectUse.No ? null : store as S3Store;
        _direct = new($"The pod can't fetch blocks from {_bucket?.Endpoint}", direct, report);
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

    public string? Authorities => _bucket?.Authorities;

    public bool IsFetched => _bucket is not null && _direct.IsOpen;

    public IReadOnlyList<OfferedBlock> Blocks { get; }

    /// <param name="direct">Whether the agent fetches the blocks from the bucket itself.</param>
    /// <param name="report">Is told if it can't.</param>
    /// <inheritdoc cref="SnapshotChoice" path="/param"/>
    /// <exception cref="OperatorException">There is no such snapshot, or a block of it is missing or damaged.
    /// </exception>
    public static BackupBlocks Open(
        BackupPlace place,
        Moment moment,
        DirectUse direct,
        IPodReport report,
        CancellationToken token)
    {
        IBackupStore store = place.OpenToRead(token);
        try
        {
            ListedSnapshot snapshot = new SnapshotChoice(store, moment.Pod, moment.At).Find();
            foreach ((BlockName name, BackupBlock block) in snapshot.Blocks)
            {
                BackupRestore.RequireWhole(store, snapshot, name, block);
                if (block.Problems is [var problem, ..])
                {
                    throw BackupRestore.Damaged(snapshot, name, $"as it was on Prometheus' disk: {problem}");
                }
            }

            return new(store, snapshot, direct, report);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token)
    {
        foreach ((BlockName name, BackupBlock block) in _snapshot.Blocks.Where(
            one => wanted.Contains(one.Key.Ulid.Text)))
        {
            token.ThrowIfCancellationRequested();
            if (IsFetched)
            {
                if (sink.Fetch(name.Ulid, block.FileBytes, () => _bucket!.SignedAddress(name)) is not { } problem)
                {
                    continue;
                }

                _direct.Close(problem);
            }

            using Stream file = _store.Open(name.Path);
            file.CopyTo(sink.Begin(name.Ulid));
            sink.Finish();
        }
    }

    public void Dispose() => _store.Dispose();
}
