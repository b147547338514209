using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// Where a running agent answers its own container: an abstract socket, which needs no writable file. Abstract names
/// belong to the network namespace, which a whole pod shares; the mount namespace in the name is the container's own,
/// and <c>kubectl exec</c> enters it.
/// </summary>
internal static class ControlSocket
{
    // asm-generic/socket.h: the same on x86-64 and arm64.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private static readonly string? OurMounts = MountNamespace("self");

    public static UnixDomainSocketEndPoint EndPoint { get; } = new($"\0oso-snapshot/{OurMounts}");

    public static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>
    /// True when the other end runs in our container, as our user: anyone in the pod's network may use the name, and
    /// Prometheus often has our user.
    /// </summary>
    public static bool IsPeerOurs(Socket socket)
    {
        // struct ucred of unix(7): process, user, group.
        Span<byte> credentials = stackalloc byte[12];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) == LibC.EffectiveUser()
            && OurMounts is not null
            && MountNamespace(
                BinaryPrimitives.ReadInt32LittleEndian(credentials).ToString(
                    CultureInfo.InvariantCulture)) == OurMounts;
    }

    // The link's text names the namespace, such as "mnt:[4026531841]": namespaces(7). It may be read where the process
    // may be traced.
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
