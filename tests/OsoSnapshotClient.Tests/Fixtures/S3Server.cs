using System.ComponentModel;
using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.Tests.House;
using OsoSnapshotClient.Tests.Fixtures;

[assembly: AssemblyFixture(typeof(S3Server))]

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>
/// Ceph's radosgw, a real S3 server, for all tests of a run. The first test that needs it starts it, which takes some 10
/// seconds, and it ends with the run.
/// </summary>
public sealed class S3Server : IAsyncDisposable
{
    public const string AccessKey = "testkey";
    public const string SecretKey = "testsecret";
    public const string Region = "us-east-1";

    private static readonly string Root = Cache.PathOf("OSO_S3_ROOT", "s3");

    // tests/s3server.sh deletes it.
    private readonly string _data = Path.Combine(Path.GetTempPath(), $"oso-s3-{Guid.NewGuid():N}");
    private readonly Lazy<Task<string?>> _obstacle;
    private Process? _process;
    private string? _address;

    public S3Server() => _obstacle = new(StartAsync);

    /// <summary>The server's address, such as <c>http://127.0.0.1:23788</c>.</summary>
    public Uri Endpoint => new(_address ?? throw new InvalidOperationException("The test has made no bucket yet."));

    /// <summary>The variables with which the client reaches the server.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["AWS_ENDPOINT_URL_S3"] = $"{Endpoint}",
        ["AWS_ACCESS_KEY_ID"] = AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = SecretKey,
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    /// <summary>Makes a bucket for one test, which is skipped if no server can run here.</summary>
    /// <returns>The bucket's name.</returns>
    public async Task<string> MakeBucketAsync()
    {
        string? obstacle = await _obstacle.Value;
        Assert.SkipWhen(obstacle is not null, $"The S3 server can't run here: {obstacle}");
        string bucket = $"test-{Guid.NewGuid():N}";
        (await HostCommand.RunAsync(
            "curl", "--fail-with-body", "--silent", "--show-error", "--request", "PUT",
            "--aws-sigv4", $"aws:amz:{Region}:s3", "--user", $"{AccessKey}:{SecretKey}",
            "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", $"{_address}/{bucket}")).Succeeded();
        return bucket;
    }

    /// <summary>
    /// Kills processes of the server with SIGKILL. Only tests of the collection <see cref="S3Outage"/> may do so.
    /// </summary>
    /// <param name="names"><c>rgw</c>, the gateway; <c>osd</c> and <c>mon</c> behind it; all three if none is named.</param>
    public async Task KillAsync(params string[] names) => (await RunScriptAsync(["kill9", Root, _data, .. names])).Succeeded();

    /// <summary>Starts what was killed, and returns when the server answers.</summary>
    public async Task StartAgainAsync() => (await RunScriptAsync("start", Root, _data)).Succeeded();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
            _process.Dispose();
        }
    }

    private static IReadOnlyList<string> Script(params IEnumerable<string> arguments) =>
        HostCommand.AsRoot(["bash", Path.Combine(SourceFile.Repository, "tests", "s3server.sh"), .. arguments]);

    private static Task<CommandResult> RunScriptAsync(params IEnumerable<string> arguments) =>
        HostCommand.RunAsync(Script(arguments));

    // Returns why no server can run here.
    private async Task<string?> StartAsync()
    {
        if (!Directory.Exists(Root))
        {
            return $"There is no {Root}: run tests/fetch-s3.sh.";
        }

        try
        {
            _process = HostCommand.Start(Script("run", Root, _data));
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }

        _address = await _process.StandardOutput.ReadLineAsync();
        return _address is null ? await _process.StandardError.ReadToEndAsync() : null;
    }
}

/// <summary>Tests that kill the server run alone, because the others use the same one.</summary>
[CollectionDefinition(nameof(S3Outage), DisableParallelization = true)]
public sealed class S3Outage;
