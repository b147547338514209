using Amazon.S3;
using Amazon.S3.Model;

namespace OsoSnapshotClient.Store;

/// <summary>Asks for the objects of a bucket.</summary>
internal static class S3Objects
{
    /// <summary>How long the agent may use an address.</summary>
    public static readonly TimeSpan SignedFor = TimeSpan.FromMinutes(15);

    /// <summary>Signs the address of an object.</summary>
    /// <returns>A credential: whoever has it can read this object, and nothing else, for some minutes.</returns>
    public static string SignReading(S3Bucket bucket, string key)
    {
        bucket.RequireClock();
        GetPreSignedUrlRequest request = new()
        {
            BucketName = bucket.Address.Bucket,
            Key = key,
            Verb = HttpVerb.GET,
            Expires = DateTime.UtcNow + SignedFor,
            Protocol = bucket.Protocol,
        };
        return bucket.Ask(key, (client, _) => client.GetPreSignedURLAsync(request));
    }

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
