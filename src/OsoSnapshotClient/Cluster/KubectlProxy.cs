using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>
/// One <c>kubectl proxy</c> for a session, on a socket in a directory that nobody else may enter: who reached it would
/// have the operator's rights. The login, plugins and contexts are kubectl's own.
/// </summary>
internal sealed class KubectlProxy(ClusterOptions options) : IAsyncDisposable
{
    // macOS allows a socket's path 104 bytes with the zero at its end.
    private const int MaxPathBytes = 103;
    private const string SocketName = "s";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxStart = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private DirectoryHandle? _parent;
    private string _name = string.Empty;
    private ChildProcess? _child;
    private Task<string> _errorText = Task.FromResult(string.Empty);
    private bool _isDisposed;

    private string SocketPath => $"{_parent!.Path}/{_name}/{SocketName}";

    /// <summary>
    /// Connects to the proxy. It is started first if it does not run: at the first request, or because it has died.
    /// </summary>
    /// <exception cref="ClusterException">It can't be started.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken token)
    {
        await _starting.WaitAsync(token);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_child is { Ended.IsCompleted: false } && await TryConnectAsync(token) is { } connected)
            {
                return connected;
            }

            Remove();
            return await StartAsync(token);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _starting.WaitAsync();
        _isDisposed = true;
        Remove();
        _starting.Release();
        _starting.Dispose();
    }

    private async Task<Stream> StartAsync(CancellationToken token)
    {
        string temporary = Path.GetTempPath();
        _name = "oso-snapshot-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        _parent = DirectoryHandle.Open(temporary);
        if (Encoding.UTF8.GetByteCount(SocketPath) > MaxPathBytes && !OperatingSystem.IsWindows())
        {
            _parent.Dispose();
            _parent = DirectoryHandle.Open("/tmp");
        }

        _parent.CreateDirectory(_name, isPrivate: true).Dispose();
        string[] arguments =
        [
            .. options.Flags, "proxy", $"--unix-socket={SocketPath}", "--append-server-path", "--reject-paths=^$",
        ];
        try
        {
            _child = ChildProcess.Start(options.Kubectl, arguments, isSilent: true);
            _errorText = ErrorText.ReadAsync(_child.Error);
            return await ReadyAsync(_child, token);
        }
        catch
        {
            Remove();
            throw;
        }
    }

    private async Task<Stream> ReadyAsync(ChildProcess child, CancellationToken token)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(startedAt) < MaxStart)
        {
            if (child.Ended.IsCompleted)
            {
                throw await KubectlVersion.ExplainAsync(options, await _errorText, token);
            }

            if (await TryConnectAsync(token) is { } connected)
            {
                return connected;
            }

            await Task.WhenAny(child.Ended, Task.Delay(PollInterval, token));
            token.ThrowIfCancellationRequested();
        }

        throw new ClusterException(
            0, string.Empty, $"kubectl proxy opened no socket within {Durations.Format(MaxStart)}");
    }

    private async Task<Stream?> TryConnectAsync(CancellationToken token)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Remove()
    {
        _child?.Dispose();
        _child = null;
        if (_parent is null)
        {
            return;
        }

        try
        {
            _parent.TryDeleteFile($"{_name}/{SocketName}");
            _parent.DeleteDirectory(_name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty directory of ours stays, for example because somebody cleaned the directory of temporary files.
        }

        _parent.Dispose();
        _parent = null;
    }
}
