using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Take;

/// <summary>Where a note lies.</summary>
internal interface INoteFile
{
    /// <returns>null if there is no note.</returns>
    byte[]? Read(int maxBytes);

    /// <summary>Writes the note in one step, so that a kill leaves the old note or the new one.</summary>
    void Write(byte[] content);

    void Delete();
}

/// <summary>A note in a directory.</summary>
/// <param name="directory">Must stay open as long as the note is used.</param>
internal sealed class NoteFile(DirectoryHandle directory, string name) : INoteFile
{
    private string FreshName => name + ".new";

    public byte[]? Read(int maxBytes) => SmallFile.Read(directory, name, maxBytes);

    public void Write(byte[] content)
    {
        // Flushing the note each second would flush the copy too. What lies under the fresh name is of a killed run.
        directory.TryDeleteFile(FreshName);
        using (SafeFileHandle file = directory.CreateFile(FreshName, DirectoryHandle.OwnerOnly))
        {
            RandomAccess.Write(file, content, fileOffset: 0);
        }

        directory.Rename(FreshName, name);
    }

    public void Delete()
    {
        directory.TryDeleteFile(name);
        directory.TryDeleteFile(FreshName);
    }
}
