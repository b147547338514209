using System.Text;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Volume;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Runs;

/// <summary>The commands to copy with, filled in with the names that the agent can find out in the pod.</summary>
internal static class CopyInstructions
{
    public static IEnumerable<string> OfArchive(TargetContainer target)
    {
        string archive = $"{Namespace(target)}/{Environment.MachineName}:{target.Data.Archive}";
        return
        [
            string.Empty,
            "Copy it out from another shell (CONTAINER is this container's name, debugger-xxxxx):",
            $"  kubectl cp {archive} -c CONTAINER {DataDirectory.ArchiveName} --retries=10",
            $"  kubectl cp {archive}.sha256 -c CONTAINER {DataDirectory.ArchiveName}.sha256",
            $"  sha256sum -c {DataDirectory.ArchiveName}.sha256        # kubectl cp does not report a broken copy",
            "After the copy, free the space: the snapshot keeps that of deleted blocks. Start this image again with --env REMOVE=yes.",
        ];
    }

    public static IEnumerable<string> OfBlocks() =>
    [
        string.Empty,
        "Copy the blocks from another shell (CONTAINER is this container's name, debugger-xxxxx):",
        "  kubectl exec POD -c CONTAINER -- oso-snapshot blocks",
        "  kubectl exec POD -c CONTAINER -- oso-snapshot export --block ULID > ULID.tar.gz",
        "After the copy, free the space: the snapshot keeps that of deleted blocks. Start this image again with --env REMOVE=yes.",
    ];

    // Kubernetes mounts this file into containers that may talk to its API. A namespace has at most 63 letters (RFC
    // 1123).
    private static string Namespace(TargetContainer target) =>
        target.Root.TryReadStart("/var/run/secrets/kubernetes.io/serviceaccount/namespace", maxBytes: 63) is { } name
            ? Printable.Text(Encoding.UTF8.GetString(name).Trim())
            : "NAMESPACE";
}
