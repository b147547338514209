namespace OsoSnapshotCore.Text;

/// <summary>Why something failed, for an operator.</summary>
/// <param name="Means">Follows a colon. <c>{0}</c> stands for what only the failure itself knows.</param>
/// <param name="Remedy">Asks for no more rights than the cause needs.</param>
/// <param name="Status">The exit status; null if only the caller knows it.</param>
internal sealed record Cause(string Means, string Remedy, ExitStatus? Status = null);

/// <summary>
/// From cause to words: errors of the operating system, the ends of Prometheus' own messages, and TLS. Every remedy for
/// such a cause stands here.
/// </summary>
internal static class Causes
{
    public static readonly Cause ReadOnly = new(
        "the file system is read-only",
        "Linux makes a file system read-only after a disk error (see dmesg on the node), and a pod may mount it with readOnly."
        + " Repair it or mount it writable, then run again.");

    public static readonly Cause Quota = new(
        "the disk quota is used up",
        "Raise the quota of this user, group or directory, or delete files that count for it (quota -s; on Kubernetes perhaps the"
        + " limit of ephemeral storage). The free space of the whole file system does not count.",
        ExitStatus.NoRoom);

    public static readonly Cause NoSpace = new(
        "no space is left",
        "Free or add space there, then run again. df -i shows whether only inodes are used up.",
        ExitStatus.NoRoom);

    public static readonly Cause OtherFileSystem = new(
        "snapshots is another file system, and Prometheus can't hard-link into it",
        "Unmount it, or take its mount out of the pod (a volumeMount, a subPath). Prometheus makes its snapshots beside its blocks."
        + " Then run again.",
        ExitStatus.ArchiveFailed);

    public static readonly Cause MountedBlock = new(
        "a block lies on another file system than snapshots, and Prometheus can't hard-link it",
        "Unmount what is mounted at the place that the message names, so that blocks and snapshots share a file system.",
        ExitStatus.ArchiveFailed);

    public static readonly Cause DiskError = new(
        "the disk failed",
        "Look into the disk's health (dmesg on the node, smartctl, the storage's own log) before you run again.");

    public static readonly Cause FilesOfProcess = new(
        "the process has too many open files",
        "Raise its limit of open files (ulimit -n, LimitNOFILE), or restart the program that leaks them, then run again.");

    public static readonly Cause FilesOfSystem = new(
        "the machine has too many open files",
        "Raise fs.file-max on the node, or end what leaks files there, then run again.");

    public static readonly Cause Denied = new(
        "permission denied", "See who owns the file, and its mode (ls -ln). Run as that user and group.");

    public static readonly Cause NotPermitted = new(
        "the operation is not permitted",
        "See its owner (ls -ln) and its attributes (lsattr). Neither another user's file in a sticky directory nor an immutable file"
        + " can be changed.");

    // link(2): EPERM has these two causes.
    public static readonly Cause NoHardLink = new(
        "Prometheus may not hard-link a block's file",
        "If the file has another owner than Prometheus, give it to Prometheus' user (chown): fs.protected_hardlinks forbids the link."
        + " If not, the file system has no hard links (some FUSE, SMB and FAT mounts): Prometheus can make no snapshot there.");

    public static readonly Cause NoTombstones = new(
        "a block has no file tombstones",
        "Prometheus reads such a block, but can't snapshot it. Copy the file tombstones of a block without deleted series into it"
        + " (9 bytes, Prometheus' owner), then run again.");

    public static readonly Cause NoChunks = new(
        "a block has no directory chunks",
        "The block is incomplete. Restore its chunks from a copy, or move the block out of the data directory, then run again.");

    public static readonly Cause Expired = new(
        "the certificate {0}",
        "Renew the certificate, or set the clock right. Until then, OSO_SNAPSHOT_INSECURE=yes trusts any certificate.");

    public static readonly Cause ChainIncomplete = new(
        "the chain is incomplete: the certificate of {0} was not sent, and no trusted authority has this name",
        "If that is an intermediate authority, append its certificate to the server's certificate file (cert_file). If it is the"
        + " root, name it with OSO_SNAPSHOT_CA_FILE; the file may lie in Prometheus' container.");

    public static readonly Cause UnknownAuthority = new(
        "the authority {0} is not trusted",
        "Name its certificate with OSO_SNAPSHOT_CA_FILE; the file may lie in Prometheus' container.");

    public static readonly Cause OtherHost = new(
        "the certificate is for another host: {0}",
        "Name a host of the certificate in OSO_SNAPSHOT_URL or OSO_PROMETHEUS_SERVICE_NAME, or issue one for this host.");

    public static readonly Cause ClientCertificateWanted = new(
        "the server wants a client certificate",
        "Set OSO_SNAPSHOT_CERT_FILE and OSO_SNAPSHOT_KEY_FILE (PEM); the files may lie in Prometheus' container.");

    public static readonly Cause ClientCertificateRefused = new(
        "the server does not accept the client certificate",
        "Name another one with OSO_SNAPSHOT_CERT_FILE and OSO_SNAPSHOT_KEY_FILE: the server's client_ca_file must have signed it, and"
        + " it must not be expired.");

    // EDQUOT has another number on macOS.
    private static readonly int QuotaNumber = OperatingSystem.IsMacOS() ? 69 : 122;

    // Numbers of errno.h and winerror.h. The texts are those of Go's syscall package and of OpenSSL's alerts.
    private static readonly (Cause Cause, int Errno, int Windows, string Text)[] Rows =
    [
        (NoTombstones, 0, 0, "tombstones: no such file or directory"),
        (NoChunks, 0, 0, "chunks: no such file or directory"),
        (NoHardLink, 0, 0, "operation not permitted"),
        (NoHardLink, 0, 0, "operation not supported"),
        (MountedBlock, 18, 17, "invalid cross-device link"),
        (ReadOnly, 30, 19, "read-only file system"),
        (Quota, QuotaNumber, 1295, "disk quota exceeded"),
        (NoSpace, 28, 112, "no space left on device"),
        (NoSpace, 28, 39, "no space left on device"),
        (DiskError, 5, 1117, "input/output error"),
        (DiskError, 5, 23, "input/output error"),
        (FilesOfSystem, 23, 0, "too many open files in system"),
        (FilesOfProcess, 24, 4, "too many open files"),
        (Denied, 13, 5, "permission denied"),
        (NotPermitted, 1, 0, string.Empty),
        (ClientCertificateWanted, 0, 0, "alert certificate required"),
        (ClientCertificateWanted, 0, 0, "alert handshake failure"),
        (ClientCertificateRefused, 0, 0, "alert bad certificate"),
        (ClientCertificateRefused, 0, 0, "alert unknown ca"),
        (ClientCertificateRefused, 0, 0, "alert certificate expired"),
    ];

    /// <returns>null if the number has no row.</returns>
    public static Cause? OfErrno(int number) =>
        Array.Find(Rows, row => row.Errno == number && number != 0).Cause;

    /// <summary>Finds the error of the operating system in an exception of .NET's or our own.</summary>
    /// <returns>null if there is none, or it has no row.</returns>
    public static Cause? Of(Exception? failure)
    {
        for (Exception? e = failure; e is not null; e = e.InnerException)
        {
            // Facility 7 of an HRESULT is Windows'. Elsewhere .NET stores the number of errno.h itself.
            Cause? cause = (e.HResult >> 16) switch
            {
                0 => OfErrno(e.HResult),
                unchecked((int)0xFFFF8007) when OperatingSystem.IsWindows() =>
                    Array.Find(Rows, row => row.Windows == (e.HResult & 0xFFFF) && row.Windows != 0).Cause,
                _ => null,
            };
            if (cause is not null)
            {
                return cause;
            }
        }

        return null;
    }

    /// <summary>Finds the cause that a message names last, such as that of Prometheus or OpenSSL.</summary>
    /// <returns>null if it names none.</returns>
    public static Cause? OfMessage(string message) => Rows
        .Where(row => row.Text.Length > 0)
        .Select(row => (row.Cause, At: message.LastIndexOf(row.Text, StringComparison.OrdinalIgnoreCase)))
        .Where(found => found.At >= 0)
        .OrderByDescending(found => found.At)
        .FirstOrDefault().Cause;

    /// <param name="otherwise">The caller's own remedy, for any other cause and where permission was denied.</param>
    public static string Remedy(Exception failure, string otherwise) =>
        Of(failure) is { } cause && cause != Denied ? cause.Remedy : otherwise;

    /// <param name="elsewhere">A way around any cause, such as another directory.</param>
    public static string RemedyOr(Exception failure, string elsewhere) =>
        Remedy(failure, elsewhere) is var remedy && remedy != elsewhere
            ? $"{elsewhere}, or remove the cause. {remedy}"
            : elsewhere;

    /// <summary>
    /// Whether a server's answer is no HTTP. Such a failure quotes the answer, and a server that echoes would have a
    /// message show the request's address, which may be signed.
    /// </summary>
    public static bool IsNoHttp(Exception? failure) => failure switch
    {
        null => false,
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => true,
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => true,
        _ => IsNoHttp(failure.InnerException),
    };

    /// <param name="otherwise">The status for any other cause.</param>
    public static ExitStatus Status(Exception failure, ExitStatus otherwise) => Of(failure)?.Status ?? otherwise;
}
