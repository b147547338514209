using System.Buffers;
using System.IO.Hashing;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotClient.Store;

/// <summary>
/// Writes an object in parts, of which one is sent while the next is filled. It sends no part that an earlier upload
/// has left with the same size and checksum. AWS: "Uploading and copying objects using multipart upload".
/// </summary>
internal sealed class S3Upload : IBlockPart
{
    private const int CheckLagBytes = 1024 * 1024;

    private readonly S3Bucket _bucket;
    private readonly string _key;
    private readonly int _partBytes;
    private readonly SemaphoreSlim _memory;
    private readonly int _taken;
    private readonly List<PartETag> _sent = [];
    private readonly Crc64 _whole = new(Crc64ParameterSet.Nvme);
    private IReadOnlyDictionary<int, PartDetail> _known = new Dictionary<int, PartDetail>();
    private byte[] _filling;
    private byte[] _spare;
    private int _filled;
    private Task<PartETag>? _sending;
    private string? _uploadId;
    private CheckPipe _check = new(CheckLagBytes);

    /// <param name="memory">Counts the mebibytes of all uploads; this waits until there are enough.</param>
    public S3Upload(S3Bucket bucket, string key, int partBytes, SemaphoreSlim memory)
    {
        (_bucket, _key, _partBytes, _memory) = (bucket, key, partBytes, memory);
        int both = 2 * partBytes / S3Parts.Mebibyte;
        for (; _taken < Math.Min(both, S3Parts.MemoryMebibytes); _taken++)
        {
            memory.Wait(bucket.Token);
        }

        _filling = ArrayPool<byte>.Shared.Rent(partBytes);
        _spare = both > S3Parts.MemoryMebibytes ? _filling : ArrayPool<byte>.Shared.Rent(partBytes);
    }

    public long DoneBytes { get; private set; }

    // Parts are compared, whichever engine made them.
    public bool Begin(string? engine) => true;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _check.Write(bytes);
        DoneBytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, _partBytes - _filled);
            bytes[..count].CopyTo(_filling.AsSpan(_filled));
            bytes = bytes[count..];
            _filled += count;
            if (_filled == _partBytes)
            {
                Send();
            }
        }
    }

    public Stream Follow()
    {
        _check = new(CheckLagBytes);
        return _check.Read();
    }

    public void Complete() => _check.Complete();

    public void Restart()
    {
        Await();
        _sent.Clear();
        _whole.Reset();
        (_filled, DoneBytes) = (0, 0);
    }

    /// <summary>Makes the object of what was written. Another client may have made the same one meanwhile.</summary>
    /// <returns>false if another client has made another one, which may have gone again.</returns>
    public bool Publish()
    {
        if (_uploadId is not null && _filled > 0)
        {
            Send();
        }

        Await();
        if (_uploadId is null)
        {
            _whole.Append(_filling.AsSpan(0, _filled));
        }

        if (_bucket.Create<AmazonWebServiceResponse>(_key, _uploadId is null ? PutAsync : JoinAsync) is not null)
        {
            return true;
        }

        Abandon();
        return IsOurs();
    }

    /// <summary>Gives up what was sent.</summary>
    public void Abandon()
    {
        if (_uploadId is { } id)
        {
            S3Uploads.Abort(_bucket, _key, id);
        }
    }

    public void Dispose()
    {
        Complete();
        try
        {
            _sending?.Wait(CancellationToken.None);
        }
        catch (AggregateException)
        {
            // Whoever waits for the part has the failure.
        }

        ArrayPool<byte>.Shared.Return(_filling);
        if (_spare != _filling)
        {
            ArrayPool<byte>.Shared.Return(_spare);
        }

        _memory.Release(_taken);
    }

    private void Send()
    {
        if (_uploadId is null)
        {
            (_uploadId, _known) = S3Uploads.Continue(_bucket, _key, ChecksumAlgorithm.CRC64NVME);
        }

        Await();
        (byte[] part, int length, int number) = (_filling, _filled, _sent.Count + 1);
        (_filling, _spare, _filled) = (_spare, _filling, 0);
        _whole.Append(part.AsSpan(0, length));
        Crc64 crc = new(Crc64ParameterSet.Nvme);
        crc.Append(part.AsSpan(0, length));
        string checksum = S3Parts.Text(crc);
        _sending = _known.GetValueOrDefault(number) is { } known
            && known.Size == length && known.ChecksumCRC64NVME == checksum
            ? Task.FromResult(new PartETag(number, known.ETag) { ChecksumCRC64NVME = checksum })
            : Task.Run(() => Upload(part, length, number, checksum));
        if (_spare == _filling)
        {
            Await();
        }
    }

    private PartETag Upload(byte[] part, int length, int number, string checksum)
    {
        UploadPartResponse answer = _bucket.Send(_key, (client, token) => client.UploadPartAsync(
            new()
            {
                BucketName = _bucket.Address.Bucket,
                Key = _key,
                UploadId = _uploadId,
                PartNumber = number,
                PartSize = length,
                InputStream = new MemoryStream(part, 0, length, writable: false),
                ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME,
                ChecksumCRC64NVME = checksum,
            },
            token));
        return new(number, answer.ETag) { ChecksumCRC64NVME = checksum };
    }

    // At most one part is being sent.
    private void Await()
    {
        if (_sending is { } sending)
        {
            _sending = null;
            _sent.Add(sending.GetAwaiter().GetResult());
        }
    }

    private async Task<AmazonWebServiceResponse> PutAsync(AmazonS3Client client, CancellationToken token) =>
        await client.PutObjectAsync(
            new()
            {
                BucketName = _bucket.Address.Bucket,
                Key = _key,
                InputStream = new MemoryStream(_filling, 0, _filled, writable: false),
                ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME,
                ChecksumCRC64NVME = S3Parts.Text(_whole),
                IfNoneMatch = "*",
            },
            token);

    private async Task<AmazonWebServiceResponse> JoinAsync(AmazonS3Client client, CancellationToken token) =>
        await client.CompleteMultipartUploadAsync(
            new()
            {
                BucketName = _bucket.Address.Bucket,
                Key = _key,
                UploadId = _uploadId,
                PartETags = _sent,
                ChecksumCRC64NVME = S3Parts.Text(_whole),
                ChecksumType = ChecksumType.FULL_OBJECT,
                IfNoneMatch = "*",
            },
            token);

    // An answer that was lost looks the same: the repeated request finds the object.
    private bool IsOurs()
    {
        GetObjectMetadataResponse? found = S3Objects.Find(_bucket, _key);
        string checksum = S3Parts.Text(_whole);
        return found?.ContentLength == DoneBytes && (found.ChecksumCRC64NVME ?? checksum) == checksum;
    }
}
