using System.Text;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Take;

/// <summary>
/// The note beside a partial copy: NAME=VALUE lines that say where the copy comes from. A line is written before the
/// thing that it names is made.
/// </summary>
internal sealed class ResumePoint
{
    // The options of a run have the largest share: some settings of 32,000 letters at most.
    private const int MaxBytes = 1024 * 1024;

    private readonly DirectoryHandle _directory;
    private readonly string _name;
    private readonly Dictionary<string, string> _values = [];

    private ResumePoint(DirectoryHandle directory, string name) => (_directory, _name) = (directory, name);

    /// <summary>The pod: namespace, name and UID.</summary>
    public string? Pod { get => Get("pod"); set => Set("pod", value); }

    public string? Container { get => Get("container"); set => Set("container", value); }

    /// <summary>The run's name.</summary>
    public string? Run { get => Get("run"); set => Set("run", value); }

    /// <summary>The settings that decide the archive's content.</summary>
    public string? Options { get => Get("options"); set => Set("options", value); }

    /// <summary>The SHA-256 of the archive that is being copied.</summary>
    public string? Sha256 { get => Get("sha256"); set => Set("sha256", value); }

    /// <summary>The process that writes the copy.</summary>
    public string? Holder { get => Get("holder"); set => Set("holder", value); }

    private string FreshName => _name + ".new";

    /// <param name="directory">Must stay open as long as the note is used.</param>
    /// <returns>An empty note if there is no such file.</returns>
    /// <inheritdoc cref="SmallFile.Read" path="/exception"/>
    public static ResumePoint Read(DirectoryHandle directory, string name)
    {
        ResumePoint note = new(directory, name);
        byte[] content = SmallFile.Read(directory, name, MaxBytes) ?? [];
        using StringReader lines = new(Encoding.UTF8.GetString(content));
        while (lines.ReadLine() is { } line)
        {
            string[] pair = line.Split('=', 2);
            note._values[pair[0]] = pair.Length == 2 ? pair[1] : string.Empty;
        }

        return note;
    }

    /// <summary>Writes the note in one step, so that a kill leaves the old note or the new one.</summary>
    /// <exception cref="IOException">The note can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write the note.</exception>
    public void Save()
    {
        // Flushing the note each second would flush the copy too. What lies under the fresh name is of a killed run.
        _directory.TryDeleteFile(FreshName);
        using (SafeFileHandle file = _directory.CreateFile(FreshName, DirectoryHandle.OwnerOnly))
        {
            string lines = string.Concat(_values.Select(pair => $"{pair.Key}={pair.Value}\n"));
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(lines), fileOffset: 0);
        }

        _directory.Rename(FreshName, _name);
    }

    /// <exception cref="IOException">The note can't be deleted.</exception>
    public void Delete()
    {
        _values.Clear();
        _directory.TryDeleteFile(_name);
        _directory.TryDeleteFile(FreshName);
    }

    private string? Get(string name) => _values.GetValueOrDefault(name);

    private void Set(string name, string? value)
    {
        if (value is null)
        {
            _values.Remove(name);
        }
        else
        {
            _values[name] = value;
        }
    }
}
