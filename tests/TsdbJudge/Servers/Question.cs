using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace TsdbJudge.Servers;

/// <summary>A request to Prometheus, by which two servers can be compared.</summary>
/// <param name="Text">What is asked for, for people.</param>
internal sealed record Question(string Path, string Text, Func<HttpContent> Content)
{
    /// <summary>
    /// Lists questions that together make Prometheus read every sample, every list of postings and every label.
    /// </summary>
    public static async Task<IReadOnlyList<Question>> AboutAsync(CorpusBlock block, HttpClient sound)
    {
        string window = string.Create(CultureInfo.InvariantCulture, $"[{block.MaxTime - block.MinTime + 1}ms]");
        List<Question> questions =
        [
            Form("api/v1/query", new("query", "{__name__=~\".+\"}" + window), new("time", Seconds(block.MaxTime))),
            // No label has this name and value, so the list of all series answers.
            Read("all", RemoteRead.Query(block, "no such name", RemoteRead.NotEqual, "no such value")),
        ];
        foreach (string name in await ListAsync(sound, "api/v1/labels"))
        {
            string[] values = await ListAsync(sound, $"api/v1/label/{Uri.EscapeDataString(name)}/values");
            questions.Add(Read($"each value of {name}", RemoteRead.Query(block, name, RemoteRead.Matches, ".+")));
            questions.Add(Series(block, values.Select(value => $"{{{Quoted(name)}={JsonSerializer.Serialize(value)}}}")));
        }

        return questions;
    }

    /// <returns>A hash of the answer, or the exception's text.</returns>
    public async Task<string> AskAsync(HttpClient client)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Path, UriKind.Relative)) { Content = Content() };
            using HttpResponseMessage answer = await client.SendAsync(request);
            byte[] body = await answer.Content.ReadAsByteArrayAsync();
            return $"{(int)answer.StatusCode} {Convert.ToHexString(SHA256.HashData(body))}";
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or IOException)
        {
            return problem.Message;
        }
    }

    private static Question Series(CorpusBlock block, IEnumerable<string> selectors) => Form(
        "api/v1/series",
        [.. selectors.Select(selector => KeyValuePair.Create("match[]", selector)), new("start", Seconds(block.MinTime)), new("end", Seconds(block.MaxTime))]);

    private static Question Form(string path, params KeyValuePair<string, string>[] fields) =>
        new(path, string.Join(' ', fields.Select(field => field.Value)), () => new FormUrlEncodedContent(fields));

    private static Question Read(string text, byte[] body) => new("api/v1/read", text, () => new ByteArrayContent(body)
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf"), ContentEncoding = { "snappy" } },
    });

    // Versions before 3 can't parse a quoted name.
    private static string Quoted(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') ? name : JsonSerializer.Serialize(name);

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
