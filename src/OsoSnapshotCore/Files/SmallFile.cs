using System.Security.Cryptography;

namespace OsoSnapshotCore.Files;

/// <summary>Reads and writes small files whole.</summary>
internal static class SmallFile
{
    /// <summary>The end of a name that is not final.</summary>
    public const string PartExtension = ".part";

    private const int RandomBytes = 8;

    /// <returns>null if nothing is there.</returns>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is not a regular file, is longer, or another error occurred.</exception>
    public static byte[]? Read(DirectoryHandle directory, string name, int maxBytes)
    {
        try
        {
            using FileStream file = directory.OpenFile(name);
            byte[] content = RegularFile.ReadStart(file, maxBytes + 1);
            return content.Length <= maxBytes
                ? content
                : throw new IOException($"{directory.PathOf(name)} is longer than {maxBytes} bytes");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes a file that exists completely or not at all, even after a power cut. It replaces one of that
    /// name. Only its owner may read it.</summary>
    /// <exception cref="IOException">The file can't be written, or may be lost.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write the file.</exception>
    public static void Write(DirectoryHandle directory, string name, ReadOnlySpan<byte> content)
    {
        // The name is fresh, so nobody can have put a link there.
        string part = $"{name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes))}{PartExtension}";
        using PartialFile file = PartialFile.Create(directory, part, name, DirectoryHandle.OwnerOnly);
        file.Stream.Write(content);
        file.Commit();
    }

    /// <summary>Deletes what killed writers of a file have left. Nobody may write the file meanwhile.</summary>
    /// <exception cref="IOException">The directory can't be read, or a file can't be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not do that.</exception>
    public static void DeleteLeftovers(DirectoryHandle directory, string name)
    {
        foreach (string left in directory.Names().Where(one => IsPartOf(one, name)).ToArray())
        {
            directory.TryDeleteFile(left);
        }
    }

    private static bool IsPartOf(string part, string name) =>
        part.Length == name.Length + 1 + (2 * RandomBytes) + PartExtension.Length
        && part.StartsWith(name + ".", StringComparison.Ordinal)
        && part.EndsWith(PartExtension, StringComparison.Ordinal)
        && part[(name.Length + 1)..^PartExtension.Length].All(char.IsAsciiHexDigitLower);
}
