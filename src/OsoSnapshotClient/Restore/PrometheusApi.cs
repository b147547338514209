using System.Globalization;
using System.Text.Json;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Asks a throwaway Prometheus, wherever it runs.</summary>
/// <param name="connect">Opens a connection to it.</param>
/// <param name="describe">Says what is known of its end, for a remedy; empty for nothing.</param>
internal sealed class PrometheusApi(
    Uri address, Func<CancellationToken, ValueTask<Stream>> connect, Func<Task<string>> describe) : IDisposable
{
    private const int MaxAnswerBytes = 64 << 20;
    private const int MaxAttempts = 4;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        MaxConnectionsPerServer = 1,
        ConnectCallback = (_, token) => connect(token),
    })
    {
        BaseAddress = address,
        MaxResponseContentBufferSize = MaxAnswerBytes,
        Timeout = TimeSpan.FromMinutes(5),
    };

    /// <returns>The member <c>data</c> of an answer of the API.</returns>
    /// <exception cref="OperatorException">The server refuses the request, or does not answer.</exception>
    public async Task<JsonElement> AskAsync(string path, CancellationToken token)
    {
        (bool isSuccess, string body) = await GetAsync("api/v1/" + path, token);
        try
        {
            using JsonDocument answer = JsonDocument.Parse(body);
            if (isSuccess && answer.RootElement.TryGetProperty("data", out JsonElement data))
            {
                return data.Clone();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What answers is no Prometheus, or it says in plain text why it can't.
        }

        throw Failed($"Prometheus answers to {Printable.Short(path)}: {Printable.Short(body)}", await describe());
    }

    /// <returns>The value of a metric without labels.</returns>
    /// <inheritdoc cref="AskAsync" path="/exception"/>
    public async Task<double> MetricAsync(string name, CancellationToken token)
    {
        (_, string metrics) = await GetAsync("metrics", token);
        string? line = metrics.Split('\n').FirstOrDefault(
            line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.TryParse(line?[name.Length..], CultureInfo.InvariantCulture, out double value)
            ? value
            : throw Failed($"Prometheus does not tell {name}: {Printable.Short(metrics)}", await describe());
    }

    /// <summary>Waits until the server answers queries.</summary>
    /// <param name="requireAlive">Throws if it has ended.</param>
    /// <exception cref="OperatorException">It takes too long.</exception>
    public async Task AwaitReadyAsync(
        string name, Func<CancellationToken, Task> requireAlive, CancellationToken token)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            await requireAlive(token);
            try
            {
                using HttpResponseMessage ready = await _http.GetAsync(
                    new Uri("-/ready", UriKind.Relative), limit.Token);
                if (ready.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                throw Failed($"{name} is not ready after {Durations.Format(StartLimit)}.", await describe());
            }

            await Task.Delay(Interval, token);
        }
    }

    public void Dispose() => _http.Dispose();

    // A question changes nothing, so it is asked again where a connection breaks.
    private async Task<(bool IsSuccess, string Body)> GetAsync(string path, CancellationToken token)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using HttpResponseMessage response = await _http.GetAsync(new Uri(path, UriKind.Relative), token);
                return (response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(token));
            }
            catch (Exception e) when (e is HttpRequestException or IOException
                || (e is TaskCanceledException && !token.IsCancellationRequested))
            {
                if (attempt == MaxAttempts || e is TaskCanceledException)
                {
                    throw Failed(
                        $"Prometheus does not answer to {Printable.Short(path)}: {Printable.Short(e.Message)}",
                        await describe());
                }
            }

            await Task.Delay(Pause, token);
        }
    }

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}
