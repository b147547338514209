using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Archives.Tar;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Streams;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Restore;

/// <summary>Keeps the index of each block that is sent, to compare a server's answers with. No chunk is kept.</summary>
/// <param name="directory">Gets a directory for each block.</param>
internal sealed class IndexedBlocks(IBlockSource source, DirectoryHandle directory) : IBlockSource
{
    public string Name => source.Name;

    public string? PrometheusVersion => source.PrometheusVersion;

    public IReadOnlyList<OfferedBlock> Blocks => source.Blocks;

    public void Send(IReadOnlySet<string> wanted, IBlockSink sink, CancellationToken token)
    {
        using Tap tap = new(this, sink, token);
        source.Send(wanted, tap, token);
    }

    public void Dispose() => source.Dispose();

    // A block that was sent before a connection broke is sent again.
    private void Keep(BlockId block, Stream packed, CancellationToken token)
    {
        if (directory.Find(block.Text) is not null)
        {
            DirectoryTree.Delete(directory, block.Text, _ => { }, () => { });
        }

        using DirectoryHandle own = directory.CreateDirectory(block.Text);
        using Files files = new(own, Blocks.First(offer => offer.Ulid == block.Text).Bytes);
        ArchiveReader.ReadBlock(packed, block, files, token);
    }

    /// <summary>Hands the archives on, and reads them on another thread.</summary>
    private sealed class Tap(IndexedBlocks blocks, IBlockSink sink, CancellationToken token) : IBlockSink, IDisposable
    {
        private const int MaxLagBytes = 4 << 20;

        private CheckPipe? _pipe;
        private Task<Exception?> _reading = Task.FromResult<Exception?>(null);

        public Stream Begin(BlockId block)
        {
            Stream sent = sink.Begin(block);
            CheckPipe pipe = new(MaxLagBytes);
            _pipe = pipe;
            _reading = Task.Run(() => Read(block, pipe), CancellationToken.None);
            return new Both(sent, pipe);
        }

        /// <exception cref="OperatorException">The server has the block, and it can't be read here.</exception>
        public void Finish()
        {
            Dispose();

            // The agent judges every byte, so its word comes first.
            sink.Finish();
            token.ThrowIfCancellationRequested();
            if (_reading.Result is { } failure)
            {
                throw failure is InvalidDataException or ForeignArchiveException
                    ? DrillProof.Failed($"A block can't be compared: {Printable.Short(failure.Message)}")
                    : new OperatorException(
                        Causes.Status(failure, ClientStatus.Failed),
                        $"The index of a block can't be kept here: {Printable.Short(failure.Message)}",
                        Causes.Remedy(failure, "remove the cause, or name another --work-dir"),
                        failure);
            }
        }

        public void Dispose()
        {
            _pipe?.Complete();
            _pipe = null;
            _reading.Wait(CancellationToken.None);
        }

        private Exception? Read(BlockId block, CheckPipe pipe)
        {
            // What is not read is dropped once the stream is closed.
            using Stream packed = pipe.Read();
            try
            {
                blocks.Keep(block, packed, token);
                return null;
            }
#pragma warning disable CA1031 // Finish throws what matters.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return e;
            }
        }
    }

    private sealed class Both(Stream first, CheckPipe second) : WriteStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            first.Write(buffer);
            second.Write(buffer);
        }
    }

    /// <summary>Writes what a comparison needs of one block.</summary>
    private sealed class Files(DirectoryHandle directory, long maxBytes) : IEntryVisitor, IDisposable
    {
        private FileStream? _file;

        public void Directory(TarHeader entry, string path)
        {
            // The directory is there, and that of the chunks isn't needed.
        }

        public void StartFile(TarHeader entry, string path)
        {
            string name = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
            if (name is not (BlockMeta.FileName or IndexCheck.FileName or TombstonesCheck.FileName))
            {
                return;
            }

            if (entry.SizeBytes > maxBytes)
            {
                throw new InvalidDataException($"{name} is larger than the whole block was said to be");
            }

            _file = new(directory.CreateFile(name), FileAccess.Write);
        }

        public void Append(ReadOnlySpan<byte> bytes) => _file?.Write(bytes);

        public void FinishFile() => Dispose();

        public void Dispose()
        {
            _file?.Dispose();
            _file = null;
        }
    }
}
