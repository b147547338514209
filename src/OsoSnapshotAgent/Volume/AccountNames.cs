using System.Globalization;
using System.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>User and group names of the target container, from passwd(5) and group(5) below its root.</summary>
internal sealed class AccountNames
{
    // The file of a base image has some 2 KiB.
    private const int MaxFileBytes = 256 * 1024;

    private readonly Dictionary<uint, string> _users;
    private readonly Dictionary<uint, string> _groups;

    /// <param name="read">Reads the start of a file of the target container, up to a number of bytes; null if there is
    /// no such file.</param>
    public AccountNames(Func<string, int, byte[]?> read)
    {
        _users = Read(read("/etc/passwd", MaxFileBytes));
        _groups = Read(read("/etc/group", MaxFileBytes));
    }

    /// <returns>null if the id has no name.</returns>
    public string? UserName(uint id) => _users.GetValueOrDefault(id);

    /// <inheritdoc cref="UserName"/>
    public string? GroupName(uint id) => _groups.GetValueOrDefault(id);

    // Both files have the name in the first field and the id in the third. Distroless images have neither file.
    private static Dictionary<uint, string> Read(byte[]? file)
    {
        Dictionary<uint, string> names = [];
        foreach (string line in Encoding.UTF8.GetString(file ?? []).Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
            {
                names.TryAdd(id, fields[0]);
            }
        }

        return names;
    }
}
