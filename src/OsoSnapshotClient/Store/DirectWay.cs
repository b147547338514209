using OsoSnapshotClient.Display;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Blocks go from the pod to the bucket, and where that is impossible through this machine.</summary>
internal sealed class DirectWay(DirectUpload direct, IBlockWay through, DirectSwitch use) : IBlockWay
{
    public int Cuts => direct.Cuts + through.Cuts;

    public long ContentBytes => Math.Max(direct.ContentBytes, through.ContentBytes);

    public void Forget()
    {
        direct.Forget();
        through.Forget();
    }

    public async Task<(StoredBlock Block, bool IsCopied)> RunAsync(
        BlockName name, long contentBytes, CancellationToken token)
    {
        if (use.Allows(name, contentBytes))
        {
            try
            {
                return await direct.RunAsync(name, contentBytes, token);
            }
            catch (NoDirectWayException e)
            {
                direct.Forget();
                use.Close(e.Message);
                direct.Abandon();
            }
        }

        return await through.RunAsync(name, contentBytes, token);
    }
}

/// <summary>Whether the agent reaches the bucket itself; all ways of a run share it.</summary>
/// <param name="failure">What the pod can't do if it doesn't, for messages.</param>
internal sealed class DirectSwitch(string failure, DirectUse use, IPodReport report)
{
    private const string Remedy =
        "let the pod reach the server by the same name (NetworkPolicy, DNS, --s3-ca-file), or leave out =only";

    private int _isClosed;

    /// <summary>Whether the agent is still to try.</summary>
    public bool IsOpen => Volatile.Read(ref _isClosed) == 0;

    /// <exception cref="OperatorException">The block is too large, and may go no other way.</exception>
    public bool Allows(BlockName name, long contentBytes)
    {
        if (!IsOpen)
        {
            return false;
        }

        if (S3SignedUpload.Fits(contentBytes))
        {
            return true;
        }

        string problem = $"Block {name} has {ByteSize.Format(contentBytes)}, which is too much for --direct";
        if (use == DirectUse.Only)
        {
            throw new OperatorException(ClientStatus.Failed, $"{problem}.", "leave out =only");
        }

        report.Say($"{problem}: it goes through this machine");
        return false;
    }

    /// <summary>Lets all further blocks go through this machine, and says so once.</summary>
    /// <exception cref="OperatorException">They may go no other way.</exception>
    public void Close(string problem)
    {
        string text = $"{failure}: {Printable.Text(problem).TrimEnd('.')}";
        if (use == DirectUse.Only)
        {
            throw new OperatorException(ClientStatus.Failed, $"{text}.", Remedy);
        }

        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            report.Warn($"⚠️ {text}. They go through this machine.");
        }
    }
}
