using System.Net;
using System.Net.Http.Headers;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Reads an object of a store, at an address that a client has signed. A connection that breaks is made anew at the
/// byte where it broke. An answer that is not of this object, or of another part of it, brings no byte.
/// </summary>
/// <param name="bytes">The object's size.</param>
/// <param name="renew">Gets why nothing comes from an address, and returns another one.</param>
internal sealed class ObjectReading(
    StoreConnection store,
    Uri address,
    long bytes,
    Func<string, Uri> renew,
    CancellationToken token) : ReadStream
{
    private readonly byte[] _buffer = new byte[256 << 10];
    private Uri _address = address;
    private HttpResponseMessage? _answer;
    private Stream? _body;
    private EntityTagHeaderValue? _tag;
    private long _readBytes;

    /// <summary>How many bytes came; may be read from any thread.</summary>
    public long ReadBytes => Interlocked.Read(ref _readBytes);

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(Math.Min(buffer.Length, _buffer.Length), bytes - ReadBytes);
        int count = 0;
        while (wanted > 0 && store.Try(Attempt, token) is { } problem)
        {
            _address = renew($"{StoreConnection.ServerOf(_address)}: {problem.Text}");
        }

        _buffer.AsSpan(0, count).CopyTo(buffer);
        Interlocked.Add(ref _readBytes, count);
        return count;

        StoreProblem? Attempt()
        {
            (count, StoreProblem? failed) = TryAsync(wanted).GetAwaiter().GetResult();
            if (failed is not null)
            {
                Drop();
            }

            return failed;
        }
    }

    protected override void Dispose(bool disposing)
    {
        Drop();
        base.Dispose(disposing);
    }

    private async Task<(int Count, StoreProblem? Problem)> TryAsync(int wanted)
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(token);
        silence.CancelAfter(store.MaxSilence);
        try
        {
            if (_body is null && await ConnectAsync(silence.Token) is { } problem)
            {
                return (0, problem);
            }

            int count = await _body!.ReadAsync(_buffer.AsMemory(0, wanted), silence.Token);
            return (count, count > 0 ? null : new("its answer ended early", true));
        }
        catch (Exception e) when (StoreConnection.IsOne(e))
        {
            return (0, store.Explain(e));
        }
    }

    private async Task<StoreProblem?> ConnectAsync(CancellationToken silence)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, _address);
        if (ReadBytes > 0)
        {
            request.Headers.Range = new(ReadBytes, null);
            if (_tag is { IsWeak: false })
            {
                request.Headers.IfMatch.Add(_tag);
            }
        }

        _answer = await store.SendAsync(request, silence);
        StoreProblem? problem = _answer.StatusCode switch
        {
            HttpStatusCode.OK or HttpStatusCode.PartialContent => Judge(_answer),
            HttpStatusCode.PreconditionFailed => Another,
            _ => await StoreConnection.ExplainAsync(_answer, silence),
        };
        if (problem is null)
        {
            _tag = ReadBytes == 0 ? _answer.Headers.ETag : _tag;
            _body = await _answer.Content.ReadAsStreamAsync(silence);
        }

        return problem;
    }

    private static StoreProblem Another { get; } = new("it has another object of this name now", false);

    /// <returns>Why the answer is not the rest of the object; null if it is.</returns>
    private StoreProblem? Judge(HttpResponseMessage answer)
    {
        HttpContentHeaders head = answer.Content.Headers;
        bool isFirst = ReadBytes == 0;
        if (answer.StatusCode != (isFirst ? HttpStatusCode.OK : HttpStatusCode.PartialContent))
        {
            return new($"it answers {(int)answer.StatusCode} where {(isFirst ? 200 : 206)} is due", false);
        }

        if (!isFirst && (head.ContentRange is not { From: { } from, To: { } to }
            || from != ReadBytes || to != bytes - 1 || (head.ContentRange.Length ?? bytes) != bytes))
        {
            return new("it answers with another part than it was asked for", false);
        }

        if (head.ContentLength != bytes - ReadBytes)
        {
            string length = head.ContentLength is { } sent ? $"{sent}" : "an unknown number of";
            return new($"it sends {length} bytes in place of {bytes - ReadBytes}", false);
        }

        bool isSame = isFirst || _tag is null || answer.Headers.ETag is null || _tag.Equals(answer.Headers.ETag);
        return isSame ? null : Another;
    }

    private void Drop()
    {
        _answer?.Dispose();
        (_answer, _body) = (null, null);
    }
}
