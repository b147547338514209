using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>A block's archive in a backup.</summary>
internal sealed record StoredBlock(BlockName Name, long FileBytes, Sha256 Sha256)
{
    /// <inheritdoc cref="BackupBlock.StoreChecksum"/>
    public string? StoreChecksum { get; init; }

    /// <summary>Damage of the block itself; null for a sound block.</summary>
    public IReadOnlyList<string>? Problems { get; init; }
}

/// <summary>Finds, reads and writes the files of blocks in a backup.</summary>
internal static class StoredBlocks
{
    /// <summary>
    /// Finds a block that needs no copy. If <paramref name="known"/> describes it, only its size and checksums are
    /// compared. Otherwise all of it is read, because a crash of this machine may have damaged it.
    /// </summary>
    /// <param name="known">The block in the pod's newest list; null if that doesn't name it.</param>
    /// <param name="say">Gets a message before the archive is read, which takes long.</param>
    /// <returns>null if the store lacks the block.</returns>
    /// <exception cref="OperatorException">The archive is damaged.</exception>
    public static StoredBlock? Find(
        IBackupStore store, BlockName name, BackupBlock? known, Action<string> say, CancellationToken token)
    {
        if (store.Find(name.Path) is not { SizeBytes: long length } file)
        {
            return null;
        }

        string path = store.PathOf(name);
        Sha256? expected = ReadChecksum(store, name);
        if (expected is not null && known is not null && known.FileBytes == length && known.Sha256 == expected
            && (known.StoreChecksum ?? file.Checksum) == file.Checksum)
        {
            return new(name, length, expected) { StoreChecksum = file.Checksum, Problems = known.Problems };
        }

        say($"Checking {path} ({ByteSize.Format(length)}), which the pod's newest list doesn't name");
        BlockVerdict verdict = Read(store, name, token);
        string? damage = Judge(verdict, length, known, expected);
        if (damage is not null)
        {
            throw BackupDamage.Damaged(
                $"{path} is damaged: {Printable.Text(damage)}.",
                "move it and its .sha256 away, then run the same command again: it copies the block anew");
        }

        if (expected is null)
        {
            WriteChecksum(store, name, verdict.Sha256);
        }

        return new(name, length, verdict.Sha256)
        {
            StoreChecksum = file.Checksum,
            Problems = verdict.Problems is [] ? null : verdict.Problems,
        };
    }

    /// <summary>Finds a block that another client has just made.</summary>
    /// <exception cref="OperatorException">It is damaged, or has gone.</exception>
    public static StoredBlock Existing(
        IBackupStore store, BlockName name, Action<string> say, CancellationToken token) =>
        Find(store, name, known: null, say, token) ?? throw new OperatorException(
            ClientStatus.Failed,
            $"{store.PathOf(name)} has gone, or was never sent, while this run was at work.",
            "run the same command again to continue");

    /// <summary>Reads the whole archive.</summary>
    /// <exception cref="IOException">The archive can't be read.</exception>
    public static BlockVerdict Read(IBackupStore store, BlockName name, CancellationToken token)
    {
        using Stream file = store.Open(name.Path);
        return new BlockReading(name.Ulid, name.Fingerprint).Run(file, token);
    }

    /// <returns>The SHA-256 in the archive's checksum file; null if there is no such file.</returns>
    /// <exception cref="OperatorException">The checksum file is damaged.</exception>
    public static Sha256? ReadChecksum(IBackupStore store, BlockName name) =>
        store.Find(ChecksumOf(name)) is null ? null : ReadChecksumFile(store, name);

    /// <exception cref="OperatorException">The checksum file is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Sha256 ReadChecksumFile(IBackupStore store, BlockName name)
    {
        string file = ChecksumOf(name);
        using Stream checksum = store.Open(file);
        return ChecksumFile.Read(checksum, store.PathOf(file));
    }

    /// <summary>Writes the checksum as <c>sha256sum -c blocks/*.sha256</c> in the backup directory reads it.</summary>
    public static void WriteChecksum(IBackupStore store, BlockName name, Sha256 sha256) =>
        store.Write(ChecksumOf(name), ChecksumFile.Line(sha256.Text, name.Path));

    /// <returns>The name of the checksum file in the store.</returns>
    public static string ChecksumOf(BlockName name) => name.Path + ChecksumFile.Extension;

    private static string? Judge(BlockVerdict verdict, long length, BackupBlock? known, Sha256? expected)
    {
        if (verdict.Damage is { } damage)
        {
            return damage;
        }

        if (expected is not null && expected != verdict.Sha256)
        {
            return $"its SHA-256 is {verdict.Sha256}, but its .sha256 file says {expected}";
        }

        return known is null || (known.Sha256 == verdict.Sha256 && known.FileBytes == length)
            ? null
            : $"its SHA-256 is {verdict.Sha256}, but the pod's newest list says {known.Sha256}";
    }
}
