using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files.Linux;

namespace OsoSnapshotCore.Files;

/// <summary>Reads regular files, up to a limit.</summary>
internal static class RegularFile
{
    /// <summary>Opens a path that the operator names. Its links are followed. It never waits for a pipe.</summary>
    /// <inheritdoc cref="DirectoryHandle.OpenFile" path="/exception"/>
    public static FileStream Open(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }

        SafeFileHandle file =
            FileCalls.OpenAt(FileCalls.AtCurrentDirectory, path, FileCalls.OpenNonBlocking, path);
        return new(Require(file, path), FileAccess.Read, bufferSize: 0);
    }

    /// <summary>Whether a path that the operator names leads to something other than a directory.</summary>
    public static bool Exists(string path) => File.Exists(path);

    /// <inheritdoc cref="DirectoryHandle.OpenFile" path="/exception"/>
    public static long SizeOf(string path)
    {
        using FileStream file = Open(path);
        return file.Length;
    }

    /// <summary>Reads the first bytes of the file, or all if it has fewer.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static byte[] ReadStart(Stream file, int maxBytes)
    {
        // The file's length can't be used: files of proc(5) have none.
        byte[] bytes = new byte[Math.Min(maxBytes, 4096)];
        int count = 0;
        while (true)
        {
            count += file.ReadAtLeast(bytes.AsSpan(count), bytes.Length - count, throwOnEndOfStream: false);
            if (count < bytes.Length || count == maxBytes)
            {
                return bytes[..count];
            }

            Array.Resize(ref bytes, Math.Min(maxBytes, 2 * bytes.Length));
        }
    }

    /// <exception cref="IOException">It is not a regular file. The file is then closed.</exception>
    internal static SafeFileHandle Require(SafeFileHandle file, string path)
    {
        if (Statx.Of(file, path).IsRegularFile)
        {
            return file;
        }

        file.Dispose();
        throw new IOException($"{path} is not a regular file");
    }
}
