using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Writes an object in parts that somebody else sends, each to an address which this signs for its number, its size and
/// its SHA-256. What the bucket has of the same parts is used. AWS: "Sharing objects with presigned URLs".
/// </summary>
internal sealed class S3SignedUpload
{
    /// <summary>The size of each part but the last.</summary>
    public const int PartBytes = 8 * S3Parts.Mebibyte;

    // AWS: "Amazon S3 multipart upload limits".
    private const int MaxParts = 10_000;
    private const string ChecksumHeader = "x-amz-checksum-sha256";

    private readonly S3Bucket _bucket;
    private readonly string _key;
    private readonly string _uploadId;
    private readonly IReadOnlyDictionary<int, PartDetail> _known;
    private readonly List<(int Bytes, byte[] Sha256)> _parts = [];

    public S3SignedUpload(S3Bucket bucket, string key)
    {
        (_bucket, _key) = (bucket, key);
        (_uploadId, _known) = S3Uploads.Continue(bucket, key, ChecksumAlgorithm.SHA256);
    }

    /// <summary>The size of all parts.</summary>
    public long Bytes { get; private set; }

    /// <summary>The number of parts so far.</summary>
    public int Parts => _parts.Count;

    /// <param name="contentBytes">The size of what is compressed into an object.</param>
    /// <returns>Whether the object has not more parts than a store takes.</returns>
    public static bool Fits(long contentBytes) => S3Parts.Bound(contentBytes) <= (long)MaxParts * PartBytes;

    /// <summary>Takes the next part.</summary>
    /// <returns>Whether the bucket has it.</returns>
    /// <exception cref="InvalidDataException">It can't be the next part.</exception>
    public bool Add(UploadPart part)
    {
        bool isNext = part.Number == _parts.Count + 1 && Bytes == (long)_parts.Count * PartBytes;
        if (!isNext || part.Number > MaxParts || part.Bytes > PartBytes)
        {
            throw new InvalidDataException($"part {part.Number} of {part.Bytes} bytes after {Bytes} bytes");
        }

        _parts.Add((part.Bytes, Convert.FromHexString(part.Sha256)));
        Bytes += part.Bytes;
        return IsThere(part.Number, _known);
    }

    /// <summary>Signs the address of the last part.</summary>
    /// <returns>A credential: whoever has it can send this part, and nothing else, for some minutes.</returns>
    public string Sign()
    {
        _bucket.RequireClock();
        (int bytes, byte[] sha256) = _parts[^1];
        GetPreSignedUrlRequest request = new()
        {
            BucketName = _bucket.Address.Bucket,
            Key = _key,
            UploadId = _uploadId,
            PartNumber = _parts.Count,
            Verb = HttpVerb.PUT,
            Expires = DateTime.UtcNow + S3Objects.SignedFor,
            Protocol = _bucket.Protocol,
        };
        request.Headers[ChecksumHeader] = Convert.ToBase64String(sha256);
        request.Headers["Content-Length"] = FormattableString.Invariant($"{bytes}");
        return _bucket.Ask(_key, (client, _) => client.GetPreSignedURLAsync(request));
    }

    /// <summary>Makes the object, if the bucket has all parts as they were announced.</summary>
    /// <returns>false if another client has made an object of this name, perhaps another one.</returns>
    /// <exception cref="OperatorException">The bucket lacks a part, or has made something else.</exception>
    public bool Publish()
    {
        IReadOnlyDictionary<int, PartDetail> stored = S3Uploads.Parts(_bucket, _key, _uploadId);
        if (Enumerable.Range(1, _parts.Count).FirstOrDefault(number => !IsThere(number, stored)) is > 0 and int missing)
        {
            // Another client may have completed the same upload.
            return stored.Count == 0 ? IsOurs() : throw Failed(
                $"lacks part {missing} of {_parts.Count} as the agent announced it");
        }

        if (Complete(stored) is not { } sum)
        {
            Abandon();
            return IsOurs();
        }

        if (sum != Sum() && !IsOurs())
        {
            _bucket.Find(_key, (client, token) => client.DeleteObjectAsync(_bucket.Address.Bucket, _key, token));
            throw Failed($"has made an object with the checksum {sum} of parts with the checksum {Sum()}");
        }

        return true;
    }

    /// <summary>Gives up what was sent.</summary>
    public void Abandon() => S3Uploads.Abort(_bucket, _key, _uploadId);

    private bool IsThere(int number, IReadOnlyDictionary<int, PartDetail> stored) =>
        stored.GetValueOrDefault(number) is { } part
        && part.Size == _parts[number - 1].Bytes
        && part.ChecksumSHA256 == Convert.ToBase64String(_parts[number - 1].Sha256);

    // AWS: "Checking object integrity", composite checksums.
    private string Sum() => FormattableString.Invariant(
        $"{Convert.ToBase64String(SHA256.HashData([.. _parts.SelectMany(part => part.Sha256)]))}-{_parts.Count}");

    /// <returns>The store's checksum of the object; null if another client has made one.</returns>
    private string? Complete(IReadOnlyDictionary<int, PartDetail> stored)
    {
        CompleteMultipartUploadRequest request = new()
        {
            BucketName = _bucket.Address.Bucket,
            Key = _key,
            UploadId = _uploadId,
            PartETags = [.. Enumerable.Range(1, _parts.Count).Select(number => Tag(number, stored[number]))],
            ChecksumType = ChecksumType.COMPOSITE,
            IfNoneMatch = "*",
        };
        return _bucket.Create(_key, (client, token) => client.CompleteMultipartUploadAsync(request, token)) is { } made
            ? made.ChecksumSHA256 ?? string.Empty
            : null;
    }

    private static PartETag Tag(int number, PartDetail part) =>
        new(number, part.ETag) { ChecksumSHA256 = part.ChecksumSHA256 };

    private bool IsOurs()
    {
        GetObjectMetadataResponse? found = S3Objects.Find(_bucket, _key);
        return found?.ContentLength == Bytes && found.ChecksumSHA256 == Sum();
    }

    private OperatorException Failed(string what) => new(
        ClientStatus.Failed,
        $"{_bucket.Endpoint} {what}: {_bucket.Address}.",
        "run the same command again; it continues. Without --direct the blocks go through this machine");
}
