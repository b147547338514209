using System.Globalization;

namespace OsoSnapshotAgent.Reporting;

/// <summary>User and group names of the target container: passwd(5) and group(5) below its root. Where it has none, numbers.</summary>
internal sealed class AccountNames
{
    private readonly Dictionary<uint, string> _users;
    private readonly Dictionary<uint, string> _groups;

    /// <param name="seenByAgent">Turns a path in the target container into the path that the agent sees.</param>
    public AccountNames(Func<string, string> seenByAgent)
    {
        _users = Read(seenByAgent, "/etc/passwd");
        _groups = Read(seenByAgent, "/etc/group");
    }

    /// <returns>null when the id has no name.</returns>
    public string? UserName(uint id) => _users.GetValueOrDefault(id);

    /// <inheritdoc cref="UserName"/>
    public string? GroupName(uint id) => _groups.GetValueOrDefault(id);

    // Both files have the name in the first field and the id in the third.
    private static Dictionary<uint, string> Read(Func<string, string> seenByAgent, string pathInContainer)
    {
        Dictionary<uint, string> names = [];
        try
        {
            foreach (string line in File.ReadLines(seenByAgent(pathInContainer)))
            {
                string[] fields = line.Split(':');
                if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
                {
                    names.TryAdd(id, fields[0]);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An image without these files, such as a distroless one: numbers will do.
        }

        return names;
    }
}
