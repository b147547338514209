using System.Globalization;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
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
    private readonly HashSet<BlockName> _bySize = [];
    private readonly HashSet<BlockName> _byETag = [];
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
                CheckList(list, checks, blocks);
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
            foreach (BlockName name in checks.Files.Archives)
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
                return checks.Files.Find(name) is not null && checks.Files.HasChecksum(name);
            }
            catch (OperatorException)
            {
                // Something other than a file was there before, and its problem was printed.
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

    private void CheckList(
        ListedSnapshot list, BlockChecks checks, Dictionary<BlockName, CheckedBlock> blocks)
    {
        long before = _problems;
        foreach ((BlockName name, BackupBlock listed) in list.Blocks)
        {
            CheckedBlock? block = blocks.GetValueOrDefault(name);
            if (FindProblem(listed, block, checks, $"of snapshot {list}", $"as in snapshot {list}") is { } problem)
            {
                Note($"block {name} {problem}");
            }

            if (_depth == VerifyDepth.Listed && listed.StoreChecksum is null)
            {
                _bySize.Add(name);
            }
            else if (_depth == VerifyDepth.Listed
                && listed.StoreChecksum!.StartsWith(BackupBlock.ETagKind, StringComparison.Ordinal))
            {
                _byETag.Add(name);
            }
        }

        if (_problems == before)
        {
            output.WriteLine($"✅ {list}  {Plural.Of(list.Blocks.Count, "block")}");
        }
    }

    /// <returns>null if the block is as the list says.</returns>
    private static string? FindProblem(
        BackupBlock listed, CheckedBlock? block, BlockChecks checks, string of, string asIn) => block switch
        {
            null => $"{of} is missing",

            // An interrupted run may leave a block without a checksum, but no list names such a block.
            { HasChecksum: false } => $"{of} has no .sha256 beside it",
            _ when block.FileBytes != listed.FileBytes =>
                $"has {Plural.Of(block.FileBytes, "byte")}, not {listed.FileBytes} {asIn}",
            { Sha256: { } sha256 } when sha256 != listed.Sha256 =>
                $"has the SHA-256 {sha256}, not {listed.Sha256} {asIn}",
            { StoreChecksum: { } checksum } when (listed.StoreChecksum ?? checksum) != checksum
                && !checks.HasBeenRead(block) =>
                $"was written anew: the store knows {checksum}, not {listed.StoreChecksum} {asIn}",
            { Verdict: { Damage: null } sound } when sound.ContentBytes != listed.Bytes =>
                $"holds {Plural.Of(sound.ContentBytes, "byte")}, not {listed.Bytes} {asIn}",
            { Verdict.Audit.Meta: { } meta } when FiguresOf(meta) != FiguresOf(listed) =>
                $"has {FiguresOf(meta)}, not {FiguresOf(listed)} {asIn}",
            _ => null,
        };

    private static string FiguresOf(BlockMeta meta) =>
        FiguresOf(meta.MinTime, meta.MaxTime, meta.Stats.NumSeries, meta.Stats.NumSamples);

    private static string FiguresOf(BackupBlock listed) =>
        FiguresOf(listed.From, listed.To, listed.Series, listed.Samples);

    private static string FiguresOf(long from, long to, long series, long samples) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{series} series and {Plural.Of(samples, "sample")} from {from} to {to} (Unix milliseconds)");

    private void TellLeftovers(BlockChecks checks, int unlisted)
    {
        int parts = checks.Files.Parts;
        if (unlisted + parts > 0)
        {
            output.WriteLine(
                $"  {Plural.Of(unlisted, "block")} that no list names, {parts} partial: the next run uses what it can, and"
                + " prune removes the rest");
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
            Tell("The lists name no checksum of", _bySize, "only sizes were compared");
            Tell("The store knows no checksum of", _byETag, "ETags were compared");
        }
        else if (_depth == VerifyDepth.New)
        {
            output.WriteLine(
                $"  Read {checks.Read} of {Plural.Of(blocks, "block")}; an earlier verify has read the rest.");
        }

        if (checks.Verified.Obstacle is { } obstacle)
        {
            output.WriteLine($"  --new will read the blocks again, because none could be recorded: {obstacle}");
        }
    }

    private void Tell(string what, HashSet<BlockName> blocks, string then)
    {
        if (blocks.Count > 0)
        {
            output.WriteLine($"  {what} {Plural.Of(blocks.Count, "block")}: {then}.");
        }
    }

    private void Note(string problem)
    {
        _problems++;
        output.WriteLine(Printable.Text($"❌ {problem}"));
    }
}
