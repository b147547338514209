using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace OsoSnapshotClient.Tests.Fixtures;

public sealed class S3ServerTests(S3Server server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_stores_checksums_and_overwrites_nothing_where_the_request_says_so()
    {
        string bucket = await server.MakeBucketAsync();
        using AmazonS3Client s3 = new(
            new BasicAWSCredentials(S3Server.AccessKey, S3Server.SecretKey),
            new AmazonS3Config { ServiceURL = server.Endpoint.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = S3Server.Region });
        PutObjectRequest put = new()
        {
            BucketName = bucket,
            Key = "key",
            ContentBody = "content",
            ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME,
            IfNoneMatch = "*",
        };

        PutObjectResponse first = await s3.PutObjectAsync(put, Token);
        var second = await Assert.ThrowsAsync<AmazonS3Exception>(() => s3.PutObjectAsync(put, Token));
        GetObjectMetadataResponse head = await s3.GetObjectMetadataAsync(
            new() { BucketName = bucket, Key = "key", ChecksumMode = ChecksumMode.ENABLED }, Token);

        Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
        Assert.NotNull(first.ChecksumCRC64NVME);
        Assert.Equal(first.ChecksumCRC64NVME, head.ChecksumCRC64NVME);
    }
}

[Collection(nameof(S3Outage))]
public sealed class S3OutageTests(S3Server server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rgw")]
    [InlineData]
    public async Task The_server_answers_again_after_its_processes_were_killed(params string[] processes)
    {
        await server.MakeBucketAsync();
        using HttpClient http = new();

        await server.KillAsync(processes);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(server.Endpoint, Token));
        await server.StartAgainAsync();

        Assert.Contains("<ListAllMyBucketsResult", await http.GetStringAsync(server.Endpoint, Token), StringComparison.Ordinal);
    }
}
