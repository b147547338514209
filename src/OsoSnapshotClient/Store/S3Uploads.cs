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

    /// <returns>The upload of an object that was begun last; null if there is none.</returns>
    public static string? FindNewest(S3Bucket bucket, string key) => FindAll(bucket, key)
        .Where(upload => upload.Key == key).OrderBy(upload => upload.Initiated).LastOrDefault()?.UploadId;

    /// <returns>The new upload's ID.</returns>
    public static string Begin(S3Bucket bucket, string key) => bucket.Ask(
        key,
        (client, token) => client.InitiateMultipartUploadAsync(
            new()
            {
                BucketName = bucket.Address.Bucket,
                Key = key,
                ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME,
                ChecksumType = ChecksumType.FULL_OBJECT,
            },
            token)).UploadId;

    public static IEnumerable<PartDetail> Parts(S3Bucket bucket, string key, string uploadId)
    {
        ListPartsRequest request = new() { BucketName = bucket.Address.Bucket, Key = key, UploadId = uploadId };
        ListPartsResponse page;
        do
        {
            page = bucket.Ask(key, (client, token) => client.ListPartsAsync(request, token));
            foreach (PartDetail part in page.Parts ?? [])
            {
                yield return part;
            }

            request.PartNumberMarker = page.NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture);
        }
        while (page.IsTruncated == true);
    }
}
