using System.Net;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Sends parts of an object to addresses that a client has signed. A part may be sent again, because the same bytes
/// take the same place.
/// </summary>
internal sealed class PartSender(StoreConnection store)
{
    private const string ChecksumHeader = "x-amz-checksum-sha256";

    /// <summary>Sends a part with the headers that are signed: host, content-length and the checksum.</summary>
    /// <param name="sha256">The part's SHA-256.</param>
    /// <returns>Why the store lacks the part; null if it has it.</returns>
    public string? Send(Uri url, ReadOnlyMemory<byte> part, byte[] sha256) =>
        store.Try(() => TryAsync(url, part, sha256).GetAwaiter().GetResult(), CancellationToken.None) is { } problem
            ? $"{StoreConnection.ServerOf(url)}: {problem.Text}"
            : null;

    private async Task<StoreProblem?> TryAsync(Uri url, ReadOnlyMemory<byte> part, byte[] sha256)
    {
        using CancellationTokenSource silence = new(store.MaxSilence);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Put, url);
            request.Content = new PartContent(part, () => silence.CancelAfter(store.MaxSilence));
            request.Headers.Add(ChecksumHeader, Convert.ToBase64String(sha256));
            using HttpResponseMessage answer = await store.SendAsync(request, silence.Token);
            return answer.StatusCode == HttpStatusCode.OK
                ? null
                : await StoreConnection.ExplainAsync(answer, silence.Token);
        }
        catch (Exception e) when (StoreConnection.IsOne(e))
        {
            return store.Explain(e);
        }
    }

    /// <summary>A part in pieces, so that a store which takes no more is found out.</summary>
    private sealed class PartContent(ReadOnlyMemory<byte> part, Action sent) : HttpContent
    {
        private const int PieceBytes = 256 * 1024;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            for (int position = 0; position < part.Length; position += PieceBytes)
            {
                await stream.WriteAsync(
                    part.Slice(position, Math.Min(PieceBytes, part.Length - position)), cancellationToken);
                sent();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = part.Length;
            return true;
        }
    }
}
