using System.IO.Compression;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore.Archives.Gzip;
using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Archives.Gzip;

/// <summary>Tests that many workers make one gzip member. Independent readers judge.</summary>
public sealed class GzipPipelineTests : IDisposable
{
    private const int SliceBytes = 512 * 1024;

    private readonly TempDirectory _directory = new();

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            TheoryData<string, int, int> cases = [];
            foreach (string engine in (string[])["isal", "zlib"])
            {
                foreach (int size in (int[])[0, 1, SliceBytes - 1, SliceBytes, SliceBytes + 1, (9 * SliceBytes) + 17])
                {
                    cases.Add(engine, size, 1);
                    cases.Add(engine, size, 3);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whatever_the_size_gzip_and_both_readers_give_the_bytes_back(string engine, int size, int workers)
    {
        foreach (byte[] plain in (byte[][])[new byte[size], Text(size), Noise(size)])
        {
            byte[] packed = Pack(plain, engine, workers);

            string file = _directory.Write("x.gz", packed);
            SystemTool.Output("gzip", "-t", file);
            Assert.Equal(plain, UnpackWithNet(packed));
            Assert.Equal(plain, UnpackWithIsal(packed));
        }
    }

    [Fact]
    public void Python_reads_one_member()
    {
        byte[] plain = Text(3 * SliceBytes);
        string file = _directory.Write("x.gz", Pack(plain, "isal", workers: 2));

        // decompressobj stops at the end of the first member. Further bytes would be in unused_data.
        string output = SystemTool.Output("python3", "-c", $"import zlib; d = zlib.decompressobj(31); print(len(d.decompress(open('{file}', 'rb').read())), d.eof, len(d.unused_data))");

        Assert.Equal($"{plain.Length} True 0", output.Trim());
    }

    [Fact]
    public void Workers_change_nothing_of_the_bytes() =>
        Assert.Equal(Pack(Text(5 * SliceBytes), "isal", workers: 1), Pack(Text(5 * SliceBytes), "isal", workers: 4));

    [Theory]
    [InlineData("isal")]
    [InlineData("zlib")]
    public void A_truncation_is_found(string writer)
    {
        byte[] packed = Pack(Text(2 * SliceBytes), writer, workers: 2);
        foreach (int length in new[] { 0, 5, 10, 11, packed.Length / 2, packed.Length - 9, packed.Length - 8, packed.Length - 1 })
        {
            Assert.Throws<InvalidDataException>(() => UnpackWithIsal(packed[..length]));
        }
    }

    [Fact]
    public void A_flipped_bit_never_gives_other_bytes()
    {
        Random random = new(7);
        byte[] plain = System.Text.Encoding.ASCII.GetBytes(random.GetString("0123456789abcdef", SliceBytes + 1000));
        byte[] packed = Pack(plain, "isal", workers: 2);
        int found = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = [.. packed];
            damaged[random.Next(10, packed.Length)] ^= (byte)(1 << random.Next(8));
            found += IsFound(UnpackWithIsal, damaged, plain) && IsFound(UnpackWithNet, damaged, plain) ? 1 : 0;
        }

        // The other bits are padding, which no reader checks. The archive's own checksum covers these.
        Assert.InRange(found, 190, 200);
    }

    [Fact]
    public void Bytes_after_the_member_are_found() =>
        Assert.Throws<InvalidDataException>(() => UnpackWithIsal([.. Pack(Text(100), "isal", workers: 1), 0]));

    [Fact]
    public void A_failing_output_ends_the_writer_with_its_own_reason()
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using GzipPipeline pipeline = new(full, Engine("isal"), workers: 2, CancellationToken.None);

        IOException failure = Assert.Throws<IOException>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                pipeline.Write(Noise(SliceBytes));
            }

            pipeline.Complete();
        });

        Assert.True(OutOfRoom.Is(failure));
    }

    [Fact]
    public void A_failing_worker_ends_the_writer_with_its_own_reason()
    {
        using GzipPipeline pipeline = new(Stream.Null, new BrokenEngine(), workers: 2, CancellationToken.None);

        Assert.Throws<InvalidOperationException>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                pipeline.Write(new byte[SliceBytes]);
            }

            pipeline.Complete();
        });
    }

    [Fact]
    public void Stopped_it_ends_as_cancelled()
    {
        using CancellationTokenSource source = new();
        using GzipPipeline pipeline = new(Stream.Null, Engine("isal"), workers: 1, source.Token);
        pipeline.Write(new byte[SliceBytes]);

        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => pipeline.Write(new byte[SliceBytes]));
    }

    [Fact]
    public void An_output_that_nobody_reads_holds_the_writer_back()
    {
        using SemaphoreSlim gate = new(0);
        using BlockedStream output = new(gate);
        using GzipPipeline pipeline = new(output, Engine("isal"), workers: 2, CancellationToken.None);
        int written = 0;
        Thread writer = new(() =>
        {
            for (; written < 100; written++)
            {
                pipeline.Write(new byte[SliceBytes]);
            }
        });
        writer.Start();

        // The ring has five slices for two workers. The writer must wait before the sixth.
        SpinWait.SpinUntil(() => Volatile.Read(ref written) >= 5 && writer.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromMinutes(2));
        Assert.Equal(5, written);

        gate.Release(1000);
        writer.Join();
        pipeline.Complete();
    }

    public void Dispose() => _directory.Dispose();

    private static byte[] Pack(byte[] plain, string engine, int workers)
    {
        using MemoryStream packed = new();
        using (GzipPipeline pipeline = new(packed, Engine(engine), workers, CancellationToken.None))
        {
            pipeline.Write(plain);
            pipeline.Complete();
        }

        return packed.ToArray();
    }

    private static IsalLibrary Library() => IsalLibrary.Instance ?? throw new InvalidOperationException("libisal.so.2 is missing: install Debian's libisal2");

    private static IDeflateEngine Engine(string name) => name == "isal" ? new IsalEngine(Library(), 1) : new ZlibEngine(3);

    private static byte[] UnpackWithIsal(byte[] packed)
    {
        using IsalGunzipStream reader = new(Library(), new MemoryStream(packed));
        return ToEnd(reader);
    }

    private static byte[] UnpackWithNet(byte[] packed)
    {
        using GZipStream reader = new(new MemoryStream(packed), CompressionMode.Decompress);
        return ToEnd(reader);
    }

    private static byte[] ToEnd(Stream reader)
    {
        using MemoryStream plain = new();
        reader.CopyTo(plain);
        return plain.ToArray();
    }

    private static bool IsFound(Func<byte[], byte[]> unpack, byte[] damaged, byte[] plain)
    {
        try
        {
            Assert.Equal(plain, unpack(damaged));
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    private static byte[] Text(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)("up{job=\"self\"} 1 "[i % 16] + (i / 4096 % 3)))];

    private static byte[] Noise(int size)
    {
        byte[] noise = new byte[size];
        new Random(size).NextBytes(noise);
        return noise;
    }

    private sealed class BrokenEngine : IDeflateEngine
    {
        public string Name => "broken";

        public string Identity => "broken";

        public IDeflater CreateDeflater() => throw new InvalidOperationException("broken");
    }

    private sealed class BlockedStream(SemaphoreSlim gate) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            gate.Wait();
            base.Write(buffer);
        }
    }
}
