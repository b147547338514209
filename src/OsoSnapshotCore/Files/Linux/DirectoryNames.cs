using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace OsoSnapshotCore.Files.Linux;

/// <summary>Reads the names in a directory with getdents64(2).</summary>
internal static class DirectoryNames
{
    private const int BufferBytes = 32 * 1024;

    // struct linux_dirent64 has the inode, offset, record length, type, and the name with a NUL.
    private const int LengthOffset = 16;
    private const int NameOffset = 19;

    /// <summary>Reads the names one by one: a large directory takes no more memory.</summary>
    /// <param name="listing">A directory that was opened for this call alone.</param>
    /// <param name="path">The path to name in the message.</param>
    /// <returns>The names in no order, without "." and "..".</returns>
    /// <exception cref="IOException">The directory can't be read.</exception>
    public static IEnumerable<string> Read(SafeFileHandle listing, string path)
    {
        byte[] entries = new byte[BufferBytes];
        int count;
        while ((count = ReadEntries(listing, entries, path)) > 0)
        {
            for (int position = 0; position < count;)
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(entries.AsSpan(position + LengthOffset));
                ReadOnlySpan<byte> name = entries.AsSpan(position + NameOffset, length - NameOffset);
                string text = FileName.Decode(name[..name.IndexOf((byte)0)]);
                position += length;
                if (text is not ("." or ".."))
                {
                    yield return text;
                }
            }
        }
    }

    private static unsafe int ReadEntries(SafeFileHandle listing, byte[] entries, string path)
    {
        fixed (byte* buffer = entries)
        {
            nint count = FileCalls.GetDirectoryEntries(listing, buffer, (nuint)entries.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            // A directory that was deleted meanwhile has no entries.
            return Errno.Last == Errno.NoEntry ? 0 : throw Errno.ToException(path);
        }
    }
}
