namespace OsoSnapshotClient.Copy;

/// <summary>
/// The note beside a partial copy: NAME=VALUE lines that say where the copy comes from. A line is written before the
/// thing that it names is made.
/// </summary>
internal sealed class CopyNote
{
    private readonly string _path;
    private readonly Dictionary<string, string> _values = [];

    private CopyNote(string path) => _path = path;

    /// <summary>The pod, with kubectl's flags that locate it.</summary>
    public string? Pod { get => Get("pod"); set => Set("pod", value); }

    public string? Container { get => Get("container"); set => Set("container", value); }

    /// <summary>The name of a run in a container that stays; null where the container is the run's own.</summary>
    public string? Run { get => Get("run"); set => Set("run", value); }

    /// <summary>When the container's agent refuses to start, as RFC 3339.</summary>
    public string? Before { get => Get("before"); set => Set("before", value); }

    /// <summary>The settings that decide the archive's content.</summary>
    public string? Options { get => Get("options"); set => Set("options", value); }

    /// <summary>The SHA-256 of the archive that is being copied.</summary>
    public string? Sha256 { get => Get("sha256"); set => Set("sha256", value); }

    /// <summary>The bytes that have arrived, as ranges; null if the file's length shows that.</summary>
    public string? Ranges { get => Get("ranges"); set => Set("ranges", value); }

    /// <summary>The process that writes the copy.</summary>
    public string? Holder { get => Get("holder"); set => Set("holder", value); }

    /// <returns>An empty note if there is no such file.</returns>
    public static CopyNote Read(string path)
    {
        CopyNote note = new(path);
        if (File.Exists(path))
        {
            foreach (string[] pair in File.ReadLines(path).Select(line => line.Split('=', 2)))
            {
                note._values[pair[0]] = pair.Length == 2 ? pair[1] : string.Empty;
            }
        }

        return note;
    }

    /// <summary>Writes the note in one step, so that a kill leaves the old note or the new one.</summary>
    public void Save()
    {
        string fresh = _path + ".new";
        File.WriteAllLines(fresh, _values.Select(pair => $"{pair.Key}={pair.Value}"));
        File.Move(fresh, _path, overwrite: true);
    }

    public void Delete()
    {
        _values.Clear();
        File.Delete(_path);
        File.Delete(_path + ".new");
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
