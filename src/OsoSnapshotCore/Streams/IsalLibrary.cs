using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Arm = System.Runtime.Intrinsics.Arm;

namespace OsoSnapshotCore.Streams;

/// <summary>
/// Intel's ISA-L, <c>libisal.so.2</c>, loaded at run time. isa-l/igzip_lib.h and isa-l/crc.h document its functions.
/// </summary>
internal sealed unsafe class IsalLibrary
{
    private const string FileName = "libisal.so.2";

    /// <summary>null if the library is missing, or lacks these functions.</summary>
    public static IsalLibrary? Instance { get; } = TryLoad();

    private readonly delegate* unmanaged<byte*, void> _deflateInit;
    private readonly delegate* unmanaged<byte*, int> _deflate;
    private readonly delegate* unmanaged<byte*, void> _inflateInit;
    private readonly delegate* unmanaged<byte*, int> _inflate;
    private readonly delegate* unmanaged<uint, byte*, ulong, uint> _crc32;
    private readonly delegate* unmanaged<byte*, int, uint, uint> _crc32C;

    private string? _identity;

    private IsalLibrary(nint library)
    {
        _deflateInit = (delegate* unmanaged<byte*, void>)NativeLibrary.GetExport(
            library,
            "isal_deflate_stateless_init");
        _deflate = (delegate* unmanaged<byte*, int>)NativeLibrary.GetExport(library, "isal_deflate_stateless");
        _inflateInit = (delegate* unmanaged<byte*, void>)NativeLibrary.GetExport(library, "isal_inflate_init");
        _inflate = (delegate* unmanaged<byte*, int>)NativeLibrary.GetExport(library, "isal_inflate");
        _crc32 = (delegate* unmanaged<uint, byte*, ulong, uint>)NativeLibrary.GetExport(library, "crc32_gzip_refl");
        _crc32C = (delegate* unmanaged<byte*, int, uint, uint>)NativeLibrary.GetExport(library, "crc32_iscsi");
    }

    /// <summary>
    /// Identifies the code that compresses: on x86-64 and arm64 it makes different bytes. The library states no
    /// version, so this is the start of its file's SHA-256, with the CPU instructions by which it chooses its code.
    /// </summary>
    public string Identity => _identity ??= $"{FileHash()} {RuntimeInformation.ProcessArchitecture} {Instructions()}";

    public void DeflateInit(byte* stream) => _deflateInit(stream);

    public int Deflate(byte* stream) => _deflate(stream);

    public void InflateInit(byte* state) => _inflateInit(state);

    public int Inflate(byte* state) => _inflate(state);

    /// <param name="crc">The checksum of the bytes before these; 0 at the start.</param>
    public uint Crc32(uint crc, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return _crc32(crc, start, (ulong)bytes.Length);
        }
    }

    /// <summary>The checksum without the inversions at start and end.</summary>
    public uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return _crc32C(start, bytes.Length, crc);
        }
    }

    private static string Instructions()
    {
        if (Avx512F.IsSupported)
        {
            return "avx512";
        }

        if (Avx2.IsSupported)
        {
            return "avx2";
        }

        if (Arm.Crc32.IsSupported)
        {
            return "crc";
        }

        return Sse42.IsSupported ? "sse4.2" : "base";
    }

    // A line of proc(5) is "7f3c… r-xp … /usr/lib/x86_64-linux-gnu/libisal.so.2.0.30".
    private static string FileHash()
    {
        const int HashDigits = 12;
        string? path = File.ReadLines("/proc/self/maps")
            .Select(
                line =>
                    line.IndexOf('/', StringComparison.Ordinal) is >= 0 and int start ? line[start..] : string.Empty)
            .FirstOrDefault(mapped => Path.GetFileName(mapped).StartsWith("libisal.so", StringComparison.Ordinal));
        return path is null
            ? "unknown"
            : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))[..HashDigits];
    }

    private static IsalLibrary? TryLoad()
    {
        try
        {
            return NativeLibrary.TryLoad(FileName, out nint library) ? new(library) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }
}
