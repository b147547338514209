using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using OsoSnapshotCore.Files.Linux;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// The abstract socket at which an agent answers commands from its own container; it needs no writable file. The whole
/// pod shares such names, so the name holds the container's own mount namespace, which <c>kubectl exec</c> enters.
/// </summary>
internal static class ControlSocket
{
    // asm-generic/socket.h: the numbers are the same on x86-64 and arm64.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private static readonly string? OurMounts = MountNamespace("self");

    public static UnixDomainSocketEndPoint EndPoint { get; } = new($"\0oso-snapshot/{OurMounts}");

    public static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>
    /// True if the peer runs in the agent's container, as its user. Both are checked: any process in the pod may
    /// connect, and Prometheus often runs as the same user.
    /// </summary>
    public static bool IsPeerOurs(Socket socket)
    {
        // struct ucred of unix(7) has a process, a user and a group.
        Span<byte> credentials = stackalloc byte[12];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) == FileCalls.EffectiveUser()
            && OurMounts is not null
            && MountNamespace(
                BinaryPrimitives.ReadInt32LittleEndian(credentials).ToString(
                    CultureInfo.InvariantCulture)) == OurMounts;
    }

    // The link's text names the namespace, such as "mnt:[4026531841]": namespaces(7). Only a process that may trace the
    // other one may read it.
    private static string? MountNamespace(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
