using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Answers <c>upload</c> as the agent does, also as a faulty or a hostile one.</summary>
internal sealed class SendingAgent
{
    private readonly ConcurrentBag<string> _urls = [];

    /// <summary>The addresses that the client has signed.</summary>
    public IReadOnlyCollection<string> Urls => _urls;

    /// <summary>Changes the request for a part before it is sent.</summary>
    public Action<HttpRequestMessage, byte[]> Change { get; set; } = (_, _) => { };

    /// <summary>Changes a line before the client gets it. null breaks the connection.</summary>
    public Func<UploadEvent, UploadEvent?> Says { get; set; } = one => one;

    /// <summary>Why nothing can be sent.</summary>
    public string? Obstacle { get; set; }

    /// <summary>Whether it only says that it has sent a part.</summary>
    public bool IsLiar { get; set; }

    public async Task<int?> RunAsync(HeldDatabase database, Stream input, Stream output)
    {
        UploadRequest request = await ReadAsync(input);
        Assert.True(request.IsValid());
        byte[] archive = database.Archive(request.Ulid);
        foreach ((int index, byte[] bytes) in archive.Chunk(request.PartBytes).Index())
        {
            if (!await SayAsync(output, new() { Part = new(index + 1, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))) }))
            {
                return null;
            }

            string? problem = string.Empty;
            while (problem is not null && await AnswerAsync(input) is { } url)
            {
                _urls.Add(url);
                problem = IsLiar ? null : Obstacle ?? await SendAsync(url, bytes);
                if (!await SayAsync(output, new() { Sent = new(index + 1, problem) }))
                {
                    return null;
                }
            }
        }

        Assert.True(BlockId.TryParse(request.Ulid, out BlockId id));
        BlockVerdict verdict = new BlockReading(id, request.Fingerprint).Run(new MemoryStream(archive), CancellationToken.None);
        UploadEnd end = new() { Bytes = archive.Length, Sha256 = verdict.Sha256.Text, Damage = verdict.Damage, Problems = verdict.Problems };
        return await SayAsync(output, new() { ContentBytes = 1, End = end }) ? 0 : null;
    }

    private async Task<string?> SendAsync(string url, byte[] part)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Put, url) { Content = new ByteArrayContent(part) };
        request.Headers.Add("x-amz-checksum-sha256", Convert.ToBase64String(SHA256.HashData(part)));
        Change(request, part);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return answer.IsSuccessStatusCode ? null : $"it answers {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
    }

    private async Task<bool> SayAsync(Stream output, UploadEvent one)
    {
        if (Says(one) is not { } said)
        {
            return false;
        }

        await output.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(said, ControlJson.Default.UploadEvent) + "\n"));
        return true;
    }

    private static async Task<UploadRequest> ReadAsync(Stream input)
    {
        byte[] request = new byte[int.Parse(await LineAsync(input), CultureInfo.InvariantCulture)];
        await input.ReadExactlyAsync(request);
        return JsonSerializer.Deserialize(request, ControlJson.Default.UploadRequest)!;
    }

    private static async Task<string?> AnswerAsync(Stream input) =>
        JsonSerializer.Deserialize(await LineAsync(input), ControlJson.Default.UploadAnswer)!.Url;

    private static async Task<string> LineAsync(Stream input)
    {
        byte[] line = new byte[UploadRequest.MaxLineBytes];
        int filled = 0;
        do
        {
            await input.ReadExactlyAsync(line, filled, 1);
        }
        while (line[filled++] != '\n');
        return Encoding.UTF8.GetString(line, 0, filled - 1);
    }
}
