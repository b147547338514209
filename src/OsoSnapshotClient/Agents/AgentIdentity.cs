using System.Globalization;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Agents;

/// <summary>The user and group that an agent runs as: those of Prometheus.</summary>
internal sealed record AgentIdentity(long User, long? Group)
{
    public bool IsRoot => User == 0;

    /// <returns>null unless the text is <c>UID:GID</c> or <c>UID</c>.</returns>
    public static AgentIdentity? TryParse(string? text)
    {
        string[] parts = (text ?? string.Empty).Split(':');
        return parts switch
        {
            [var user] when TryParse(user, out long uid) => new(uid, null),
            [var user, var group] when TryParse(user, out long uid) && TryParse(group, out long gid) => new(uid, gid),
            _ => null,
        };
    }

    /// <summary>Finds the identity that the pod's specification gives a container.</summary>
    /// <returns>null if it leaves the identity to the container's image.</returns>
    public static AgentIdentity? Of(V1Pod pod, string container)
    {
        V1SecurityContext? own = pod.Spec.Containers.FirstOrDefault(one => one.Name == container)?.SecurityContext;
        V1SecurityContext? shared = pod.Spec.SecurityContext;
        return (own?.RunAsUser ?? shared?.RunAsUser) is { } user
            ? new(user, own?.RunAsGroup ?? shared?.RunAsGroup)
            : null;
    }

    public override string ToString() => Group is { } group
        ? string.Create(CultureInfo.InvariantCulture, $"{User}:{group}")
        : User.ToString(CultureInfo.InvariantCulture);

    // Kubernetes takes 0 to 2^31 - 1 (core/v1, validation of RunAsUser).
    private static bool TryParse(string text, out long id) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id <= int.MaxValue;
}
