using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Records the sound blocks that <c>verify --deep</c> or <c>--new</c> has read, in <c>verified/BLOCK.json</c>. A record
/// counts while the block's size and checksum file are as they were, and its file is not younger than the record.
/// </summary>
internal sealed class VerifiedBlocks(IBackupStore store)
{
    private const string Extension = ".json";
    private const int MaxBytes = 4096;

    private readonly Lazy<Dictionary<string, StoredFile>> _records = new(
        () => store.Files(BackupLayout.Verified).ToDictionary(file => file.Name, StringComparer.Ordinal));

    private string? _obstacle;

    /// <summary>Why a block could not be recorded; null if all were.</summary>
    public string? Obstacle => _obstacle;

    /// <param name="sha256">The SHA-256 in the block's checksum file.</param>
    public bool HasRead(BlockName block, StoredFile file, Sha256 sha256)
    {
        if (_records.Value.GetValueOrDefault(block.FileName + Extension) is not { } record
            || file.ModifiedAt > record.ModifiedAt)
        {
            return false;
        }

        try
        {
            return store.Read(NameOf(block.FileName), MaxBytes) is { } json
                && JsonSerializer.Deserialize(json, BackupJson.Default.VerifiedBlock) is { } read
                && read.FileBytes == file.SizeBytes && read.Sha256 == sha256;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            // The block is read again.
            return false;
        }
    }

    /// <summary>Records a block. Where nothing can be written, it notes why, and the next ones are not tried.</summary>
    public void Record(BlockName block, long fileBytes, Sha256 sha256)
    {
        if (_obstacle is not null)
        {
            return;
        }

        try
        {
            VerifiedBlock read = new() { VerifiedAt = DateTimeOffset.UtcNow, FileBytes = fileBytes, Sha256 = sha256 };
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(read, BackupJson.Default.VerifiedBlock);
            store.Write(NameOf(block.FileName), json);
        }
        catch (Exception e) when (e is OperatorException or IOException or UnauthorizedAccessException)
        {
            _obstacle = Printable.Text(e.Message);
        }
    }

    /// <summary>Deletes the records of blocks that are gone.</summary>
    /// <param name="isThere">Whether a block is there.</param>
    public static void Forget(IBackupStore store, Predicate<BlockName> isThere, CancellationToken token)
    {
        foreach (StoredFile record in store.Files(BackupLayout.Verified).ToArray())
        {
            token.ThrowIfCancellationRequested();
            if (record.IsRegular && record.Name.EndsWith(Extension, StringComparison.Ordinal)
                && BlockName.TryParseFile(record.Name[..^Extension.Length], out BlockName block) && !isThere(block))
            {
                store.Delete(NameOf(block.FileName));
            }
        }
    }

    private static string NameOf(string blockFile) => $"{BackupLayout.Verified}/{blockFile}{Extension}";
}

/// <summary><c>verified/BLOCK.json</c>: what a verify has read of a block.</summary>
internal sealed record VerifiedBlock
{
    /// <summary>By the clock of the machine that read it; nothing depends on it.</summary>
    public required DateTimeOffset VerifiedAt { get; init; }

    public required long FileBytes { get; init; }

    [JsonConverter(typeof(Sha256Converter))]
    public required Sha256 Sha256 { get; init; }
}
