using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>A podman that runs a command in a container or is attached to one, with pipes or on a terminal.</summary>
internal sealed class RemoteProcess : IDisposable
{
    private readonly Process _process;
    private readonly SafeFileHandle? _master;
    private readonly FileStream? _terminal;

    public RemoteProcess(bool hasTerminal, IReadOnlyList<string> arguments)
    {
        if (!hasTerminal)
        {
            _process = HostCommand.Start(Podman.Command(arguments));
            return;
        }

        _master = TerminalNative.OpenMaster(
            TerminalNative.ReadWrite | TerminalNative.NoControllingTerminal | TerminalNative.CloseOnExec);
        byte[] name = new byte[64];
        if (_master.IsInvalid || TerminalNative.Grant(_master) < 0 || TerminalNative.Unlock(_master) < 0
            || TerminalNative.NameOfSlave(_master, name, (nuint)name.Length) < 0)
        {
            throw new Win32Exception();
        }

        // Reads of the master fail while nobody has the other side open. "held" comes once the shell has it open.
        string path = Encoding.ASCII.GetString(name).TrimEnd('\0');
        _process = HostCommand.Start(
            ["sh", "-c", "exec <\"$0\" >\"$0\" 3>&2 2>&1; echo held >&3; exec setsid --ctty \"$@\" 3>&-", path, .. Podman.Command(arguments)]);
        _process.StandardError.ReadLine();
        _terminal = new FileStream(_master, FileAccess.ReadWrite, bufferSize: 0);
    }

    public Stream Output => _terminal ?? _process.StandardOutput.BaseStream;

    /// <summary>null on a terminal, where both are one.</summary>
    public Stream? Error => _terminal is null ? _process.StandardError.BaseStream : null;

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        Stream input = _terminal ?? _process.StandardInput.BaseStream;
        await input.WriteAsync(bytes);
        await input.FlushAsync();
    }

    public void CloseInput()
    {
        if (_terminal is null)
        {
            _process.StandardInput.Close();
        }
    }

    public void Resize(int rows, int columns)
    {
        if (_master is not null)
        {
            var size = new TerminalNative.WindowSize { Rows = (ushort)rows, Columns = (ushort)columns };
            _ = TerminalNative.Control(_master, TerminalNative.SetWindowSize, size);
        }
    }

    public async Task<int> EndAsync(CancellationToken token)
    {
        await _process.WaitForExitAsync(token);
        return _process.ExitCode;
    }

    /// <summary>Ends podman. What it has started in the container continues.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended, or it is sudo, which ends by itself once its pipes are closed.
        }
    }

    public void Dispose()
    {
        Kill();
        _terminal?.Dispose();
        _master?.Dispose();
        _process.Dispose();
    }
}
