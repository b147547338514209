using Amazon.S3.Model;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Store;

/// <summary>Reads an object. A connection that breaks is made anew at the byte where it broke.</summary>
internal sealed class S3Reading(S3Bucket bucket, string key) : ReadStream
{
    private const int MaxFruitless = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private GetObjectResponse? _answer;
    private string? _etag;
    private long _position;
    private long? _length;

    /// <returns>The object's size; null if there is no such object.</returns>
    public long? FindLength()
    {
        try
        {
            _answer ??= Connect();
            return _length;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="FileNotFoundException">There is no such object.</exception>
    public override int Read(Span<byte> buffer)
    {
        for (int fruitless = 0; ; fruitless++)
        {
            if (_position == _length || buffer.IsEmpty)
            {
                return 0;
            }

            try
            {
                _answer ??= Connect();
                int count = Receive(Math.Min(buffer.Length, _buffer.Length));
                if (count > 0)
                {
                    _buffer.AsSpan(0, count).CopyTo(buffer);
                    _position += count;
                    return count;
                }

                throw new EndOfStreamException($"the answer ended after {_position} of {_length} bytes");
            }
            catch (Exception e) when (
                e is not FileNotFoundException && (S3Errors.IsOne(e) || e is OperationCanceledException))
            {
                Drop();
                bucket.Token.ThrowIfCancellationRequested();
                if (fruitless == MaxFruitless)
                {
                    throw bucket.Explain(e, key);
                }

                bucket.Token.WaitHandle.WaitOne(Pause * (1 << fruitless));
                bucket.Token.ThrowIfCancellationRequested();
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        Drop();
        base.Dispose(disposing);
    }

    private int Receive(int maxBytes)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(bucket.Token);
        stall.CancelAfter(bucket.Stall);
        return _answer!.ResponseStream.ReadAsync(_buffer.AsMemory(0, maxBytes), stall.Token).AsTask()
            .GetAwaiter().GetResult();
    }

    private GetObjectResponse Connect()
    {
        GetObjectRequest request = new()
        {
            BucketName = bucket.Address.Bucket,
            Key = key,
            ByteRange = _position > 0 ? new ByteRange(_position, long.MaxValue) : null,
            EtagToMatch = _etag,
        };
        GetObjectResponse answer = bucket.Find(key, (client, token) => client.GetObjectAsync(request, token))
            ?? throw new FileNotFoundException($"s3://{bucket.Address.Bucket}/{key} is missing");
        _etag ??= answer.ETag;
        _length ??= answer.ContentLength;
        return answer;
    }

    private void Drop()
    {
        _answer?.Dispose();
        _answer = null;
    }
}
