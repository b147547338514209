namespace OsoSnapshotClient.Store;

/// <summary>
/// The upload of a block's archive. A later run sends no part again that the store has with the same checksum.
/// </summary>
internal sealed class S3BlockPart(S3Upload upload) : IBlockPart
{
    public long DoneBytes => upload.DoneBytes;

    // Parts are compared, whoever made them.
    public bool Begin(string? engine) => true;

    public void Restart() => upload.Restart();

    public void Write(ReadOnlySpan<byte> bytes) => upload.Write(bytes);

    public Stream Follow() => upload.Follow();

    public void Complete() => upload.Complete();

    public void Publish() => upload.Finish();

    public void Dispose() => upload.Dispose();
}
