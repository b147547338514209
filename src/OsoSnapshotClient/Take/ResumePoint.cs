using System.Text;

namespace OsoSnapshotClient.Take;

/// <summary>
/// The note beside a partial copy: NAME=VALUE lines that say where the copy comes from. A line is written before the
/// thing that it names is made.
/// </summary>
internal sealed class ResumePoint
{
    // The options of a run have the largest share: some settings of 32,000 letters at most.
    private const int MaxBytes = 1024 * 1024;

    private readonly INoteFile _file;
    private readonly Dictionary<string, string> _values = [];

    private ResumePoint(INoteFile file) => _file = file;

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

    /// <returns>An empty note if there is no such file.</returns>
    /// <exception cref="IOException">The note can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not read the note.</exception>
    public static ResumePoint Read(INoteFile file)
    {
        ResumePoint note = new(file);
        using StringReader lines = new(Encoding.UTF8.GetString(file.Read(MaxBytes) ?? []));
        while (lines.ReadLine() is { } line)
        {
            string[] pair = line.Split('=', 2);
            note._values[pair[0]] = pair.Length == 2 ? pair[1] : string.Empty;
        }

        return note;
    }

    /// <exception cref="IOException">The note can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write the note.</exception>
    public void Save() =>
        _file.Write(Encoding.UTF8.GetBytes(string.Concat(_values.Select(pair => $"{pair.Key}={pair.Value}\n"))));

    /// <exception cref="IOException">The note can't be deleted.</exception>
    public void Delete()
    {
        _values.Clear();
        _file.Delete();
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
