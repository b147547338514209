namespace OsoSnapshotClient.Copy;

/// <summary>
/// The file beside a partial copy that tells where it comes from: NAME=VALUE lines, written before what they speak of.
/// </summary>
internal sealed class CopyNote
{
    private readonly string _path;
    private readonly Dictionary<string, string> _values = [];

    private CopyNote(string path) => _path = path;

    /// <summary>The pod, with the flags that say where it is.</summary>
    public string? Pod { get => Get("pod"); set => Set("pod", value); }

    public string? Container { get => Get("container"); set => Set("container", value); }

    /// <summary>The name of a run in a container that stays; null where the container is the run's own.</summary>
    public string? Run { get => Get("run"); set => Set("run", value); }

    /// <summary>When the container's agent refuses to begin.</summary>
    public string? Before { get => Get("before"); set => Set("before", value); }

    /// <summary>What decides the archive's content.</summary>
    public string? Options { get => Get("options"); set => Set("options", value); }

    /// <summary>Of the archive that the partial copy is of.</summary>
    public string? Sha256 { get => Get("sha256"); set => Set("sha256", value); }

    /// <summary>Which bytes have arrived, if several ranges were copied at a time; else the length tells.</summary>
    public string? Ranges { get => Get("ranges"); set => Set("ranges", value); }

    /// <summary>The process that writes the copy.</summary>
    public string? Holder { get => Get("holder"); set => Set("holder", value); }

    /// <returns>An empty one where there is no such file.</returns>
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

    /// <summary>In one step, so that a kill leaves the old note or the new one.</summary>
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
