using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshot.Formats.Verification;

namespace OsoSnapshotClient.Backups;

/// <summary>A block's archive as it lies in the backup directory.</summary>
internal sealed record StoredBlock(BlockName Name, long FileBytes, string Sha256)
{
    /// <summary>null where the block is sound.</summary>
    public IReadOnlyList<string>? Problems { get; init; }
}

/// <summary>The archives of blocks in a backup directory.</summary>
internal static class StoredBlocks
{
    /// <returns>Those that have their final names.</returns>
    public static IReadOnlyList<BlockName> List(BackupDirectory directory)
    {
        List<BlockName> names = [];
        foreach (string file in Directory.EnumerateFiles(directory.Blocks).Order(StringComparer.Ordinal))
        {
            if (BlockName.TryParseFile(Path.GetFileName(file), out BlockName name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    /// <summary>
    /// What a run may name in its list without a copy. A block that <paramref name="known"/> tells of is only looked
    /// at; any other is read, since a crash of this machine may have left it.
    /// </summary>
    /// <param name="known">Of the pod's newest list; null where that doesn't name it.</param>
    /// <param name="say">Told of a reading, which takes long.</param>
    /// <returns>null where the directory lacks it.</returns>
    /// <exception cref="OperatorException">It is damaged.</exception>
    public static StoredBlock? Find(
        BackupDirectory directory, BlockName name, BackupBlock? known, Action<string> say, CancellationToken token)
    {
        string path = directory.PathOf(name);
        if (!File.Exists(path))
        {
            return null;
        }

        BackupDirectory.RefuseLink(path);
        long length = new FileInfo(path).Length;
        string? expected = ReadChecksum(directory, name);
        if (known is not null && known.FileBytes == length && known.Sha256 == expected)
        {
            return new(name, length, expected) { Problems = known.Problems };
        }

        say($"Checking {path} ({ByteSize.Format(length)}), which the pod's newest list doesn't name");
        BlockVerdict verdict = Read(directory, name, token);
        string? damage = Judge(verdict, length, known, expected);
        if (damage is not null)
        {
            throw BackupDirectory.Damaged(
                $"{path} is damaged: {Printable.Text(damage)}.",
                "move it and its .sha256 away, and run the same command again: it is copied anew");
        }

        if (expected is null)
        {
            WriteChecksum(directory, name, verdict.Sha256);
        }

        return new(name, length, verdict.Sha256) { Problems = verdict.Problems is [] ? null : verdict.Problems };
    }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static BlockVerdict Read(BackupDirectory directory, BlockName name, CancellationToken token)
    {
        using FileStream file = File.OpenRead(directory.PathOf(name));
        return new BlockReading(name).Run(file, token);
    }

    /// <returns>What the file beside it says; null where there is none.</returns>
    /// <exception cref="OperatorException">That is damaged.</exception>
    public static string? ReadChecksum(BackupDirectory directory, BlockName name)
    {
        string path = directory.ChecksumOf(name);
        if (!File.Exists(path))
        {
            return null;
        }

        BackupDirectory.RefuseLink(path);
        using FileStream checksum = File.OpenRead(path);
        return ChecksumFile.Read(checksum, path);
    }

    /// <summary>As <c>sha256sum -c blocks/*.sha256</c> wants it, run in the backup directory.</summary>
    public static void WriteChecksum(BackupDirectory directory, BlockName name, string sha256) => DurableFile.Write(
        directory.ChecksumOf(name), ChecksumFile.Line(sha256, $"blocks/{name.FileName}"));

    private static string? Judge(BlockVerdict verdict, long length, BackupBlock? known, string? expected)
    {
        if (verdict.Damage is { } damage)
        {
            return damage;
        }

        if (expected is not null && expected != verdict.Sha256)
        {
            return $"its SHA-256 is {verdict.Sha256}, but {expected} stands beside it";
        }

        return known is null || (known.Sha256 == verdict.Sha256 && known.FileBytes == length)
            ? null
            : $"its SHA-256 is {verdict.Sha256}, but {known.Sha256} stands in the pod's newest list";
    }
}
