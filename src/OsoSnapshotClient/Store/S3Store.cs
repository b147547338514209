using Amazon.S3;
using Amazon.S3.Model;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>
/// A backup in a bucket. Nothing is locked there: names that are taken are refused (If-None-Match), and
/// <see cref="DeletionMarks"/> keep what is in use.
/// </summary>
internal sealed class S3Store : IBackupStore
{
    private readonly S3Bucket _bucket;
    private readonly SemaphoreSlim _memory = new(S3Parts.MemoryMebibytes);

    private S3Store(S3Bucket bucket) => _bucket = bucket;

    public string Path => _bucket.Address.ToString().TrimEnd('/');

    /// <summary>The server, for messages.</summary>
    public string Endpoint => _bucket.Endpoint;

    /// <summary>The certificate authorities of the server, in PEM form; null for those of the system.</summary>
    public string? Authorities => _bucket.Authorities?.Pem;

    public bool HasLock => false;

    public int MaxReads => 16;

    private string Prefix => _bucket.Address.Key.Length == 0 ? string.Empty : $"{_bucket.Address.Key.TrimEnd('/')}/";

    /// <inheritdoc cref="BackupPlace.OpenToAdd"/>
    public static S3Store OpenToAdd(string address, S3Options options, CancellationToken token)
    {
        S3Store store = OpenBucket(S3Address.Parse(address), options, token);
        return store.Checked(() =>
        {
            store.BecomeBackup();
            store._bucket.RequireClock();
        });
    }

    /// <inheritdoc cref="BackupPlace.OpenToRead"/>
    public static S3Store OpenToRead(string address, S3Options options, CancellationToken token)
    {
        S3Store store = OpenBucket(S3Address.Parse(address), options, token);
        return store.Checked(store.RequireBackup);
    }

    /// <summary>Opens a bucket, and looks at nothing in it.</summary>
    public static S3Store OpenBucket(S3Address address, S3Options options, CancellationToken token) =>
        new(new(address, options, token));

    public DateTimeOffset Now() => _bucket.Now(KeyOf(MarkerFile.Name));

    public IEnumerable<StoredFile> Files(string folder)
    {
        string prefix = FolderKey(folder);
        return Pages(prefix).SelectMany(page => page.S3Objects ?? [])
            .Where(found => found.Key.Length > prefix.Length)
            .Select(found => new StoredFile(
                found.Key[prefix.Length..], found.Size ?? 0, found.LastModified?.ToUniversalTime() ?? default));
    }

    public IEnumerable<string> Folders(string folder)
    {
        string prefix = FolderKey(folder);
        return Pages(prefix).SelectMany(page => page.CommonPrefixes ?? []).Select(found => found[prefix.Length..^1]);
    }

    public StoredFile? Find(string name) => S3Objects.Find(_bucket, KeyOf(name)) is { } found
        ? new(
            BackupLayout.Split(name).File,
            found.ContentLength,
            found.LastModified?.ToUniversalTime() ?? default)
        {
            Checksum = ChecksumOf(found),
        }
        : null;

    public Stream Open(string name) => new S3Reading(_bucket, KeyOf(name));

    public byte[]? Read(string name, int maxBytes)
    {
        using S3Reading reading = new(_bucket, KeyOf(name));
        if (reading.FindLength() is not { } length)
        {
            return null;
        }

        if (length > maxBytes)
        {
            throw new IOException($"it is longer than {maxBytes} bytes");
        }

        byte[] content = new byte[length];
        reading.ReadExactly(content);
        return content;
    }

    public void Write(string name, byte[] content) => _bucket.Ask(KeyOf(name), (client, token) =>
        client.PutObjectAsync(
            new()
            {
                BucketName = _bucket.Address.Bucket,
                Key = KeyOf(name),
                InputStream = new MemoryStream(content),
                ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME,
            },
            token));

    public Func<bool> PrepareCreate(string name, byte[] content) =>
        _bucket.Sign(HttpVerb.PUT, KeyOf(name), content, ifNoneMatch: true);

    public Action PrepareDelete(string name)
    {
        Func<bool> delete = _bucket.Sign(HttpVerb.DELETE, KeyOf(name));
        return () => delete();
    }

    public IBlockPart? TryOpenPart(BlockName block, long contentBytes) => Find(block.Path) is null
        ? Upload(block.Path, contentBytes)
        : null;

    /// <summary>Uploads an object.</summary>
    /// <param name="maxBytes">The size of what is compressed into it.</param>
    public S3Upload Upload(string name, long maxBytes) =>
        new(_bucket, KeyOf(name), S3Parts.BytesFor(maxBytes), _memory);

    /// <summary>Begins or continues the upload of a block whose parts the agent sends.</summary>
    public S3SignedUpload SignedUpload(BlockName block) => new(_bucket, KeyOf(block.Path));

    /// <summary>Signs an address from which the agent reads a block.</summary>
    public string SignedAddress(BlockName block) => S3Objects.SignReading(_bucket, KeyOf(block.Path));

    public IRunNote OpenNote(PodName pod) => new StoreNote(this, $"{pod.Folder}/{StaleParts.RunName}.state");

    public IReadOnlyList<StalePart> FindStale(TimeProvider time)
    {
        DateTimeOffset oldest = Now() - StaleParts.MaxAge;
        return
        [
            .. from upload in S3Uploads.FindAll(_bucket, Prefix)
               where upload.Initiated?.ToUniversalTime() < oldest
               let name = upload.Key[Prefix.Length..]
               select new StalePart(name, 0, () => S3Uploads.Abort(_bucket, upload.Key, upload.UploadId)),
        ];
    }

    /// <inheritdoc cref="S3Bucket.Outlive"/>
    public void Outlive() => _bucket.Outlive();

    public void Dispose()
    {
        _bucket.Dispose();
        _memory.Dispose();
    }

    private S3Store Checked(Action check)
    {
        try
        {
            check();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void BecomeBackup()
    {
        if (ReadFormat() is { } format)
        {
            MarkerFile.RequireKnown(format, this.PathOf(MarkerFile.Name));
            if (format < BackupLayout.Format)
            {
                Write(MarkerFile.Name, MarkerFile.Content());
            }

            return;
        }

        // Another client may have written the marker meanwhile.
        if (FirstKey() is { } other && ReadFormat() is null)
        {
            throw new OperatorException(
                ExitStatus.Settings,
                $"{Path} is neither empty nor a backup: it has no {MarkerFile.Name}, but {Printable.Short(other)}.",
                "name another prefix with --into");
        }

        this.TryCreate(MarkerFile.Name, MarkerFile.Content());
    }

    private void RequireBackup() => MarkerFile.RequireKnown(
        ReadFormat() ?? throw new OperatorException(
            ExitStatus.Settings,
            $"{Path} is no backup: it has no {MarkerFile.Name}.",
            "name the prefix that take --into has written to"),
        this.PathOf(MarkerFile.Name));

    /// <returns>null if there is no marker.</returns>
    private int? ReadFormat() => Read(MarkerFile.Name, MarkerFile.MaxBytes) is { } content
        ? MarkerFile.ReadFormat(() => content, this.PathOf(MarkerFile.Name))
        : null;

    private string? FirstKey()
    {
        ListObjectsV2Request request = new() { BucketName = _bucket.Address.Bucket, Prefix = Prefix, MaxKeys = 1 };
        return _bucket.Ask(Prefix, (client, token) => client.ListObjectsV2Async(request, token))
            .S3Objects?.FirstOrDefault()?.Key;
    }

    private IEnumerable<ListObjectsV2Response> Pages(string prefix)
    {
        string? next = null;
        do
        {
            ListObjectsV2Request request = new()
            {
                BucketName = _bucket.Address.Bucket,
                Prefix = prefix,
                Delimiter = "/",
                ContinuationToken = next,
            };
            ListObjectsV2Response page =
                _bucket.Ask(prefix, (client, token) => client.ListObjectsV2Async(request, token));
            yield return page;
            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    // The first two are the ones that this client uploads with. An ETag is that of the upload's parts.
    private static string ChecksumOf(GetObjectMetadataResponse found) => found switch
    {
        { ChecksumCRC64NVME: { } crc } => $"crc64nvme:{crc}",
        { ChecksumSHA256: { } sha256 } => $"sha256:{sha256}",
        _ => $"{BackupBlock.ETagKind}{found.ETag.Trim('"')}",
    };

    private string KeyOf(string name) => Prefix + name;

    private string FolderKey(string folder) => folder.Length == 0 ? Prefix : $"{Prefix}{folder}/";
}
