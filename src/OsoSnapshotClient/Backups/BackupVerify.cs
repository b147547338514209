using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Backups;

/// <summary>Checks a backup directory: every block's archive and content, and that every list is complete.</summary>
internal sealed class BackupVerify(string path, TextWriter output, bool ascii)
{
    private const int MaxWorkers = 8;
    private readonly VerifyText _text = new(path, ascii, output);
    private readonly List<string> _problems = [];

    /// <exception cref="OperatorException">Something is damaged or missing; each problem was printed.</exception>
    public void Run(CancellationToken token)
    {
        using BackupDirectory directory = BackupDirectory.OpenToRead(path);
        try
        {
            Dictionary<BlockName, CheckedBlock> blocks = CheckBlocks(directory, token);
            IReadOnlyList<ListedSnapshot> lists = BackupLists.Read(directory, damage => Note(damage.Message));
            foreach (ListedSnapshot list in lists)
            {
                CheckList(list, blocks);
            }

            TellLeftovers(directory, blocks.Keys, lists);
            Conclude(blocks.Count, lists.Count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ExitStatus.ArchiveFailed,
                $"{path} can't be read: {e.Message}",
                Causes.Remedy(e, "check its permissions"),
                e);
        }
    }

    // Several blocks are checked at a time, and printed in the order of their names.
    private Dictionary<BlockName, CheckedBlock> CheckBlocks(BackupDirectory directory, CancellationToken token)
    {
        Dictionary<BlockName, CheckedBlock> blocks = [];
        using SemaphoreSlim slots = new(Math.Min(Environment.ProcessorCount, MaxWorkers));
        Task<CheckedBlock>[] all = [.. StoredBlocks.List(directory).Select(CheckAsync)];
        try
        {
            foreach (Task<CheckedBlock> one in all)
            {
                CheckedBlock block = one.GetAwaiter().GetResult();
                blocks.Add(block.Name, block);
                Tell(block);
            }
        }
        finally
        {
            // No check may outlive the lock.
            Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }

        return blocks;

        async Task<CheckedBlock> CheckAsync(BlockName name)
        {
            await slots.WaitAsync(token);
            try
            {
                return await Task.Run(() => CheckedBlock.Read(directory, name, token), token);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private void Tell(CheckedBlock block)
    {
        if (block.Verdict?.Audit is { } audit)
        {
            _text.Block(audit);
            _problems.AddRange(audit.Problems);
        }

        foreach (string problem in block.Problems)
        {
            Note(problem);
        }
    }

    private void CheckList(ListedSnapshot list, Dictionary<BlockName, CheckedBlock> blocks)
    {
        int before = _problems.Count;
        foreach ((BlockName name, BackupBlock listed) in list.Blocks)
        {
            if (!blocks.TryGetValue(name, out CheckedBlock? block))
            {
                Note($"block {name} of snapshot {list} is missing");
            }
            else if (!block.HasChecksum)
            {
                // An interrupted run may leave a block without a checksum, but no list names such a block.
                Note($"block {name} of snapshot {list} has no .sha256 beside it");
            }
            else if (block.FileBytes != listed.FileBytes)
            {
                Note($"block {name} has {block.FileBytes} bytes, not {listed.FileBytes} as in snapshot {list}");
            }
            else if (block.Verdict is { } verdict && verdict.Sha256 != listed.Sha256)
            {
                Note($"block {name} has the SHA-256 {verdict.Sha256}, not {listed.Sha256} as in snapshot {list}");
            }
            else if (block.Verdict is { Damage: null } sound && sound.ContentBytes != listed.Bytes)
            {
                Note($"block {name} holds {sound.ContentBytes} bytes, not {listed.Bytes} as in snapshot {list}");
            }
        }

        if (_problems.Count == before)
        {
            output.WriteLine($"✅ {list}  {Plural.Of(list.Blocks.Count, "block")}");
        }
    }

    private void TellLeftovers(
        BackupDirectory directory, IEnumerable<BlockName> stored, IReadOnlyList<ListedSnapshot> lists)
    {
        int unlisted = stored.Except(lists.SelectMany(list => list.Blocks.Keys)).Count();
        int parts = Directory.EnumerateFiles(directory.Blocks, "*" + DurableFile.PartExtension).Count();
        if (unlisted + parts > 0)
        {
            output.WriteLine(
                $"  {Plural.Of(unlisted, "block")} that no list names, {parts} partial:"
                + " the next run uses them, or prune removes them");
        }
    }

    private void Conclude(int blocks, int lists)
    {
        if (_problems.Count > 0)
        {
            throw BackupDirectory.Damaged(
                $"{path} is damaged: {Plural.Of(_problems.Count, "problem")}, listed above.",
                "take the damaged files from a copy of the directory. If Prometheus still has a block, move its two files"
                + " away: the next take --into copies it again. All other snapshots can be restored");
        }

        if (lists == 0)
        {
            throw new OperatorException(
                ExitStatus.NoBlock, $"{path} holds no snapshot.", $"add one with take --into {path}");
        }

        output.WriteLine($"✅ {path} is sound: {Plural.Of(lists, "snapshot")}, {Plural.Of(blocks, "block")}.");
    }

    private void Note(string problem)
    {
        _problems.Add(problem);
        output.WriteLine(Printable.Text($"❌ {problem}"));
    }
}
