using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace BlockJudge.Servers;

/// <summary>A request to Prometheus, by which two servers can be compared.</summary>
/// <param name="Parameters">The form, or null for a remote read of all series.</param>
internal sealed record Question(string Path, IReadOnlyList<KeyValuePair<string, string>>? Parameters, CorpusBlock Block)
{
    /// <summary>
    /// Lists questions that together make Prometheus read every sample, every list of postings and every label.
    /// </summary>
    public static async Task<IReadOnlyList<Question>> AboutAsync(CorpusBlock block, HttpClient sound)
    {
        string window = string.Create(CultureInfo.InvariantCulture, $"[{block.MaxTime - block.MinTime + 1}ms]");
        List<Question> questions =
        [
            new("api/v1/query", [new("query", "{__name__=~\".+\"}" + window), new("time", Seconds(block.MaxTime))], block),
            // No label has this value, so the list of all series answers.
            new("api/v1/read", null, block),
        ];
        foreach (string name in await ListAsync(sound, "api/v1/labels"))
        {
            string quoted = JsonSerializer.Serialize(name);
            string[] values = await ListAsync(sound, $"api/v1/label/{Uri.EscapeDataString(name)}/values");
            questions.Add(Series(block, [$"{{{quoted}=~\".+\"}}", $"{{{name}=~\".+\"}}"]));
            questions.Add(Series(block, [.. values.Select(value => $"{{{name}={JsonSerializer.Serialize(value)}}}")]));
        }

        return questions;
    }

    /// <returns>A hash of the answer, or the exception's text.</returns>
    public async Task<string> AskAsync(HttpClient client)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Path, UriKind.Relative));
            request.Content = Parameters is null ? AllSeries() : new FormUrlEncodedContent(Parameters);
            using HttpResponseMessage answer = await client.SendAsync(request);
            byte[] body = await answer.Content.ReadAsByteArrayAsync();
            return $"{(int)answer.StatusCode} {Convert.ToHexString(SHA256.HashData(body))}";
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or IOException)
        {
            return problem.Message;
        }
    }

    private static Question Series(CorpusBlock block, string[] selectors) => new(
        "api/v1/series",
        [.. selectors.Select(selector => KeyValuePair.Create("match[]", selector)), new("start", Seconds(block.MinTime)), new("end", Seconds(block.MaxTime))],
        block);

    private ByteArrayContent AllSeries() => new(RemoteRead.AllSeries(Block.MinTime, Block.MaxTime))
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf"), ContentEncoding = { "snappy" } },
    };

    private static async Task<string[]> ListAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative));
        if (!response.IsSuccessStatusCode)
        {
            // Versions before 3 can't be asked about the values of a label whose name is not ASCII.
            return [];
        }

        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return [.. answer.RootElement.GetProperty("data").EnumerateArray().Select(value => value.GetString()!)];
    }

    private static string Seconds(long milliseconds) => (milliseconds / 1000m).ToString(CultureInfo.InvariantCulture);
}
