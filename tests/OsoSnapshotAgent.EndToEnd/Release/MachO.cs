using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OsoSnapshotAgent.EndToEnd.Release;

/// <summary>
/// Reads the code signature of a program for macOS. Apple's headers describe it: mach-o/loader.h, and cs_blobs.h of XNU.
/// </summary>
internal sealed class MachO
{
    private const uint Magic = 0xfeedfacf;
    private const uint CodeSignatureCommand = 0x1d;
    private const uint SignatureMagic = 0xfade0cc0;
    private const uint CodeDirectoryMagic = 0xfade0c02;
    private const int HeaderBytes = 32;

    private readonly byte[] _file;
    private readonly int _directory;

    public MachO(string path)
    {
        _file = File.ReadAllBytes(path);
        Assert.Equal(Magic, Little(0));
        int signature = CodeSignature();
        Assert.Equal(SignatureMagic, Big(signature));
        _directory = signature + (int)Big(signature + 16);
        Assert.Equal(CodeDirectoryMagic, Big(_directory));
    }

    /// <summary>Whether the signature says that nobody signed: macOS on arm64 starts no program with less.</summary>
    public bool IsAdHoc => (Big(_directory + 12) & 2) != 0;

    /// <summary>Whether the signature covers every byte before it, and has the SHA-256 of each page.</summary>
    public bool PagesMatch
    {
        get
        {
            int hashes = _directory + (int)Big(_directory + 16);
            int pages = (int)Big(_directory + 28);
            int end = (int)Big(_directory + 32);
            int pageBytes = 1 << _file[_directory + 39];
            return end == CodeSignature() && pages == ((end + pageBytes - 1) / pageBytes) && Enumerable.Range(0, pages).All(page =>
                SHA256.HashData(_file.AsSpan(page * pageBytes, Math.Min(pageBytes, end - (page * pageBytes))))
                    .AsSpan().SequenceEqual(_file.AsSpan(hashes + (page * SHA256.HashSizeInBytes), SHA256.HashSizeInBytes)));
        }
    }

    private int CodeSignature()
    {
        int command = HeaderBytes;
        for (uint left = Little(16); left > 0; left--)
        {
            if (Little(command) == CodeSignatureCommand)
            {
                return (int)Little(command + 8);
            }

            command += (int)Little(command + 4);
        }

        throw new InvalidDataException("There is no LC_CODE_SIGNATURE.");
    }

    private uint Little(int first) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(first));

    private uint Big(int first) => BinaryPrimitives.ReadUInt32BigEndian(_file.AsSpan(first));
}
