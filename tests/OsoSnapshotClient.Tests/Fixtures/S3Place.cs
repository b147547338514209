using Amazon.Runtime;
using OsoSnapshotClient.Store;

namespace OsoSnapshotClient.Tests.Fixtures;

internal static class S3Place
{
    /// <summary>Makes a bucket for one test, which is skipped if no server can run here.</summary>
    /// <returns>A place in the bucket.</returns>
    public static async Task<BackupPlace> MakePlaceAsync(this S3Server server) => new($"s3://{await server.MakeBucketAsync()}/backups/one")
    {
        S3 = new() { Endpoint = server.Endpoint, Credentials = new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey) },
    };
}
