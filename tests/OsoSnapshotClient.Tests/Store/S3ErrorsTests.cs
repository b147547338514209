using OsoSnapshotClient.Store;

namespace OsoSnapshotClient.Tests.Store;

public sealed class S3ErrorsTests
{
    [Fact]
    public void A_server_that_repeats_a_signed_request_has_its_answer_not_told()
    {
        HttpRequestException failure = new(
            HttpRequestError.InvalidResponse, "Received an invalid status line: 'PUT /b/k?X-Amz-Signature=secret HTTP/1.1'.");

        Assert.Equal(
            "s3://b/k can't be used: e can't be reached: its answer is no HTTP.",
            S3Errors.Explain(failure, "s3://b/k", "e").Message);
    }
}
