using System.Globalization;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>Checks a backup: every block's archive and content, and that every list is complete.</summary>
/// <param name="depth">
/// null for the place's default, which writes nothing there: the blocks of a directory are read, those of a bucket not.
/// </param>
internal sealed class BackupVerify(BackupPlace place, TextWriter output, bool ascii, VerifyDepth? depth = null)
{
    // Results wait to be printed in the order of the names. A hostile block's result has 400 KB of texts.
    private const int MaxWaiting = 32;
    private readonly VerifyText _text = new(place.Path, ascii, output);
    private readonly VerifyDepth _depth = depth ?? (place.IsBucket ? VerifyDepth.Listed : VerifyDepth.Deep);
    private long _problems;

    /// <exception cref="OperatorException">Something is damaged or missing; each problem was printed.</exception>
    public void Run(CancellationToken token)
    {
        using IBackupStore store = place.OpenToRead(token);
        try
        {
            using BlockChecks checks = new(store, _depth, records: depth is not null);
            Dictionary<BlockName, CheckedBlock> blocks = CheckBlocks(checks, token);
            HashSet<BlockName> unlisted = [.. blocks.Keys];
            int lists = 0;
            foreach (ListedSnapshot list in ManifestStore.Read(store, damage => Note(damage.Message)))
            {
                lists++;
                CheckLate(list, checks, blocks, token);
                CheckList(list, blocks);
                unlisted.ExceptWith(list.Blocks.Keys);
            }

            TellLeftovers(checks, unlisted.Count);
            Conclude(blocks.Count, lists);
            TellDepth(checks, blocks.Count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw BackupDamage.CanNotRead(place.Path, e, ExitStatus.ArchiveFailed);
        }
    }

    // Several blocks are checked at a time, and printed in the order of their names.
    private Dictionary<BlockName, CheckedBlock> CheckBlocks(BlockChecks checks, CancellationToken token)
    {
        Dictionary<BlockName, CheckedBlock> blocks = [];
        Queue<Task<CheckedBlock>> started = [];
        try
        {
            foreach (BlockName name in StoredBlocks.Of(checks.Files.Listed))
            {
                started.Enqueue(checks.CheckAsync(name, token));
                TakeDownTo(MaxWaiting, started, blocks);
            }

            TakeDownTo(0, started, blocks);
        }
        finally
        {
            // No check may outlive the lock.
            Task.WhenAll(started).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }

        return blocks;
    }

    // A take may have added blocks and their list since the blocks were checked.
    private void CheckLate(
        ListedSnapshot list, BlockChecks checks, Dictionary<BlockName, CheckedBlock> blocks, CancellationToken token)
    {
        foreach (BlockName name in list.Blocks.Keys)
        {
            if (blocks.GetValueOrDefault(name) is null or { HasChecksum: false, Problems: [] } && IsThere(name))
            {
                CheckedBlock block = checks.CheckAsync(name, token).GetAwaiter().GetResult();
                blocks[name] = block.WithoutTexts();
                Tell(block);
            }
        }

        bool IsThere(BlockName name)
        {
            try
            {
                return checks.Files.Find(name.Path) is not null
                    && checks.Files.Find(StoredBlocks.ChecksumOf(name)) is not null;
            }
            catch (OperatorException)
            {
                // What is no file was there before, and is told.
                return false;
            }
        }
    }

    private void TakeDownTo(
        int count,
        Queue<Task<CheckedBlock>> started,
        Dictionary<BlockName, CheckedBlock> blocks)
    {
        while (started.Count > count)
        {
            // It stays in the queue until it has ended: the caller waits for all that is there.
            CheckedBlock block = started.Peek().GetAwaiter().GetResult();
            started.Dequeue();
            blocks.Add(block.Name, block.WithoutTexts());
            Tell(block);
        }
    }

    private void Tell(CheckedBlock block)
    {
        if (block.Verdict?.Audit is { } audit)
        {
            _text.Block(audit);
            _problems += audit.Problems.Count;
        }

        foreach (string problem in block.Problems)
        {
            Note(problem);
        }
    }

    private void CheckList(ListedSnapshot list, Dictionary<BlockName, CheckedBlock> blocks)
    {
        long before = _problems;
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
            else if (block.Sha256 is { } sha256 && sha256 != listed.Sha256)
            {
                Note($"block {name} has the SHA-256 {sha256}, not {listed.Sha256} as in snapshot {list}");
            }
            else if (block.Verdict is { Damage: null } sound && sound.ContentBytes != listed.Bytes)
            {
                Note($"block {name} holds {sound.ContentBytes} bytes, not {listed.Bytes} as in snapshot {list}");
            }
            else if (block.Verdict?.Audit?.Meta is { } meta && FiguresOf(meta) != FiguresOf(listed))
            {
                Note($"block {name} has {FiguresOf(meta)}, not {FiguresOf(listed)} as in snapshot {list}");
            }
        }

        if (_problems == before)
        {
            output.WriteLine($"✅ {list}  {Plural.Of(list.Blocks.Count, "block")}");
        }
    }

    private static string FiguresOf(BlockMeta meta) =>
        FiguresOf(meta.MinTime, meta.MaxTime, meta.Stats.NumSeries, meta.Stats.NumSamples);

    private static string FiguresOf(BackupBlock listed) =>
        FiguresOf(listed.From, listed.To, listed.Series, listed.Samples);

    private static string FiguresOf(long from, long to, long series, long samples) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{series} series and {samples} samples from {from} to {to} (Unix milliseconds)");

    private void TellLeftovers(BlockChecks checks, int unlisted)
    {
        int parts = checks.Files.Listed.Count(
            file => file.Name.EndsWith(SmallFile.PartExtension, StringComparison.Ordinal));
        if (unlisted + parts > 0)
        {
            output.WriteLine(
                $"  {Plural.Of(unlisted, "block")} that no list names, {parts} partial:"
                + " the next run uses them, or prune removes them");
        }
    }

    private void Conclude(int blocks, int lists)
    {
        if (_problems > 0)
        {
            throw BackupDamage.Damaged(
                $"{place} is damaged: {Plural.Of(_problems, "problem")}, listed above.",
                "take the damaged files from a copy of the directory. If Prometheus still has a block, move its two files"
                + " away: the next take --into copies it again. All other snapshots can be restored");
        }

        if (lists == 0)
        {
            throw new OperatorException(
                ExitStatus.NoBlock, $"{place} holds no snapshot.", $"add one with take --into {place}");
        }

        output.WriteLine($"✅ {place} is sound: {Plural.Of(lists, "snapshot")}, {Plural.Of(blocks, "block")}.");
    }

    private void TellDepth(BlockChecks checks, int blocks)
    {
        if (_depth == VerifyDepth.Listed)
        {
            output.WriteLine(
                "  No block was read. --deep reads all of them, --new those that no verify has read.");
        }
        else if (_depth == VerifyDepth.New)
        {
            output.WriteLine(
                $"  {checks.Read} of {Plural.Of(blocks, "block")} were read; an earlier verify has read the others.");
        }

        if (checks.Verified.Obstacle is { } obstacle)
        {
            output.WriteLine($"  --new will read the blocks again, because none could be recorded: {obstacle}");
        }
    }

    private void Note(string problem)
    {
        _problems++;
        output.WriteLine(Printable.Text($"❌ {problem}"));
    }
}
