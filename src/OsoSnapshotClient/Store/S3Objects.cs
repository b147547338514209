using Amazon.S3;
using Amazon.S3.Model;

namespace OsoSnapshotClient.Store;

/// <summary>Asks for the objects of a bucket.</summary>
internal static class S3Objects
{
    /// <returns>What the store says of an object, with its checksum; null if there is none.</returns>
    public static GetObjectMetadataResponse? Find(S3Bucket bucket, string key)
    {
        GetObjectMetadataRequest request = new()
        {
            BucketName = bucket.Address.Bucket,
            Key = key,
            ChecksumMode = ChecksumMode.ENABLED,
        };
        return bucket.Find(key, (client, token) => client.GetObjectMetadataAsync(request, token));
    }
}
