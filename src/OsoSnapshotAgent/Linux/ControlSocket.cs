using System.Buffers.Binary;
using System.Net.Sockets;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// Where a running agent answers its own container: an abstract socket, which needs no writable file. Abstract names belong to the network
/// namespace, which a whole pod shares; the mount namespace in the name is the container's own, and <c>kubectl exec</c> enters it.
/// </summary>
internal static class ControlSocket
{
    // asm-generic/socket.h: the same on x86-64 and arm64.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    public static UnixDomainSocketEndPoint EndPoint { get; } = new($"\0oso-snapshot/{File.ResolveLinkTarget("/proc/self/ns/mnt", returnFinalTarget: false)?.Name}");

    public static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>True when the other end runs as our user: anyone in the pod's network may use the name.</summary>
    public static bool IsPeerOurUser(Socket socket)
    {
        // struct ucred of unix(7): process, user, group.
        Span<byte> credentials = stackalloc byte[12];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) == LibC.EffectiveUser();
    }
}
