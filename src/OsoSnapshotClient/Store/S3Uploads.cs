using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;

namespace OsoSnapshotClient.Store;

/// <summary>The uploads in parts that a bucket has and that are not complete.</summary>
internal static class S3Uploads
{
    /// <returns>The uploads that are not complete, of the objects whose keys start so.</returns>
    public static IEnumerable<MultipartUpload> FindAll(S3Bucket bucket, string prefix)
    {
        ListMultipartUploadsRequest request = new() { BucketName = bucket.Address.Bucket, Prefix = prefix };
        ListMultipartUploadsResponse page;
        do
        {
            page = bucket.Ask(prefix, (client, token) => client.ListMultipartUploadsAsync(request, token));
            foreach (MultipartUpload upload in page.MultipartUploads ?? [])
            {
                yield return upload;
            }

            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
        while (page.IsTruncated == true);
    }

    public static void Abort(S3Bucket bucket, string key, string uploadId) => bucket.Find(
        key, (client, token) => client.AbortMultipartUploadAsync(bucket.Address.Bucket, key, uploadId, token));

    /// <summary>
    /// Finds the upload of an object that a run may continue: its parts have checksums of the same kind. One of the
    /// other kind is aborted, because its parts can't be used.
    /// </summary>
    /// <returns>The upload that was begun last, with its parts; a new one if there is none.</returns>
    public static (string UploadId, IReadOnlyDictionary<int, PartDetail> Parts) Continue(
        S3Bucket bucket, string key, ChecksumAlgorithm kind)
    {
        (string, IReadOnlyDictionary<int, PartDetail>)? found = null;
        foreach (MultipartUpload upload in
            FindAll(bucket, key).Where(upload => upload.Key == key).OrderBy(upload => upload.Initiated).ToList())
        {
            IReadOnlyDictionary<int, PartDetail> parts = Parts(bucket, key, upload.UploadId);
            ChecksumAlgorithm? of = upload.ChecksumAlgorithm ?? KindOf(parts);
            if (of == kind)
            {
                found = (upload.UploadId, parts);
            }
            else if (of is not null)
            {
                Abort(bucket, key, upload.UploadId);
            }
        }

        return found ?? (Begin(bucket, key, kind), new Dictionary<int, PartDetail>());
    }

    // radosgw lists uploads without the kind of their checksums. One without parts may be of either kind, and another
    // client may be at work on it.
    private static ChecksumAlgorithm? KindOf(IReadOnlyDictionary<int, PartDetail> parts) =>
        parts.Values.FirstOrDefault() switch
    {
        { ChecksumSHA256: not null } => ChecksumAlgorithm.SHA256,
        { ChecksumCRC64NVME: not null } => ChecksumAlgorithm.CRC64NVME,
        _ => null,
    };

    private static string Begin(S3Bucket bucket, string key, ChecksumAlgorithm kind) => bucket.Ask(
        key,
        (client, token) => client.InitiateMultipartUploadAsync(
            new()
            {
                BucketName = bucket.Address.Bucket,
                Key = key,
                ChecksumAlgorithm = kind,
                ChecksumType = kind == ChecksumAlgorithm.SHA256 ? ChecksumType.COMPOSITE : ChecksumType.FULL_OBJECT,
            },
            token)).UploadId;

    /// <returns>The parts that the bucket has; none if there is no such upload any more.</returns>
    public static IReadOnlyDictionary<int, PartDetail> Parts(S3Bucket bucket, string key, string uploadId)
    {
        Dictionary<int, PartDetail> parts = [];
        ListPartsRequest request = new() { BucketName = bucket.Address.Bucket, Key = key, UploadId = uploadId };
        ListPartsResponse? page;
        do
        {
            page = bucket.Find(key, (client, token) => client.ListPartsAsync(request, token));
            foreach (PartDetail part in page?.Parts ?? [])
            {
                parts[part.PartNumber ?? 0] = part;
            }

            request.PartNumberMarker = page?.NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture);
        }
        while (page?.IsTruncated == true);
        return parts;
    }
}
