using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Take;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>The agent can't send a block to the bucket.</summary>
internal sealed class NoDirectWayException(string problem) : Exception(problem);

/// <summary>
/// Has the agent make, judge and send one block at a time. For each part it signs an address, which it writes to the
/// agent alone. The object appears only after the bucket has each part as the agent announced it.
/// </summary>
internal sealed class DirectUpload(AgentRun run, S3Store store, CopyOptions options) : IBlockWay
{
    private readonly RetryBackoff _backoff = new(run, options);
    private S3SignedUpload? _upload;
    private long _contentBytes;

    public int Cuts { get; private set; }

    public long ContentBytes => Interlocked.Read(ref _contentBytes);

    public void Forget() => Interlocked.Exchange(ref _contentBytes, 0);

    /// <summary>Gives up what was sent of the last block.</summary>
    public void Abandon() => _upload?.Abandon();

    /// <exception cref="NoDirectWayException">The agent can't send the block.</exception>
    /// <inheritdoc/>
    public async Task<(StoredBlock Block, bool IsCopied)> RunAsync(
        BlockName name, long contentBytes, CancellationToken token)
    {
        if (store.Find(name.Path) is not null)
        {
            return (Find(name, token), false);
        }

        int fruitless = 0;
        int last = 0;
        while (true)
        {
            S3SignedUpload upload = _upload = store.SignedUpload(name);
            DirectTalk talk = new(name, upload, run, store, one => Interlocked.Exchange(ref _contentBytes, one));
            if (await talk.RunAsync(options.Stall, token) is { } end)
            {
                return Publish(name, upload, end, token);
            }

            // A part that is sent again and again brings nothing.
            Cuts++;
            fruitless = talk.LastSent > last ? 0 : fruitless + 1;
            last = Math.Max(last, talk.LastSent);
            if (fruitless > 0)
            {
                await _backoff.WaitAsync(
                    fruitless,
                    talk.Error,
                    $"the container waits ({options.Hold} at most): run the same command again to continue",
                    token);
            }
        }
    }

    private (StoredBlock Block, bool IsCopied) Publish(
        BlockName name, S3SignedUpload upload, UploadEnd end, CancellationToken token)
    {
        if (end.Damage is { } damage)
        {
            upload.Abandon();
            throw BackupDamage.Damaged(
                $"Block {name} was read back by the agent, but is not that block: {Printable.Text(damage)}.",
                $"see {run.Agent.Access.LogCommand(run.Agent.Container)}");
        }

        if (end.Bytes != upload.Bytes || !Sha256.TryParse(end.Sha256, out Sha256? sha256))
        {
            throw BackupDamage.Damaged(
                $"The agent says that block {name} has {end.Bytes} bytes, but has announced {upload.Bytes}.",
                "use the client of the image's version");
        }

        if (!upload.Publish())
        {
            return (Find(name, token), false);
        }

        StoredBlocks.WriteChecksum(store, name, sha256);
        return (new(name, end.Bytes, sha256) { Problems = end.Problems is [] ? null : end.Problems }, true);
    }

    private StoredBlock Find(BlockName name, CancellationToken token) =>
        StoredBlocks.Existing(store, name, run.Agent.Access.Report.Say, token);
}
