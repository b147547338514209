using System.Net;
using OsoSnapshotAgent.Output;
using OsoSnapshotCore.Text;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>
/// Limits the time of every request and retries it. A POST is repeated only if it can't have reached Prometheus: a
/// second POST would make a second snapshot. A GET is repeated too while Prometheus answers that it is starting (503).
/// </summary>
internal sealed class ResilienceHandler(
    TimeSpan snapshotTimeout,
    Transcript transcript,
    TimeProvider time) : DelegatingHandler
{
    /// <summary>The timeout of each request that only reads.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    private const int MaxRetries = 5;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);

    /// <exception cref="TimeoutException">The server did not answer in time.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        bool reads = request.Method == HttpMethod.Get;
        ResiliencePipeline<HttpResponseMessage> pipeline =
            new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
                    .Handle<HttpRequestException>(IsBeforeSending)
                    .HandleResult(response => reads && response.StatusCode == HttpStatusCode.ServiceUnavailable),
                MaxRetryAttempts = MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = FirstDelay,
                OnRetry = Tell,
            })
            .AddTimeout(reads ? ReadTimeout : snapshotTimeout)
            .Build();
        try
        {
            return await pipeline.ExecuteAsync(async token => await base.SendAsync(request, token), cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new TimeoutException(e.Message, e);
        }
    }

    private ValueTask Tell(OnRetryArguments<HttpResponseMessage> attempt)
    {
        string reason = attempt.Outcome.Exception?.Message ?? "Prometheus is not ready yet (503 Service Unavailable)";
        attempt.Outcome.Result?.Dispose();
        transcript.Line(
            $"* {reason}; attempt {attempt.AttemptNumber + 2} of {MaxRetries + 1} follows in {Durations.Format(attempt.RetryDelay)}");
        return ValueTask.CompletedTask;
    }

    private static bool IsBeforeSending(HttpRequestException failure) =>
        failure.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError;
}
