using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;

namespace OsoSnapshotClient.Cluster;

/// <summary>Runs kubectl in a process group of its own, which the console's Ctrl-C doesn't reach.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsChild : ChildProcess
{
    private readonly Process _process;

    /// <exception cref="Win32Exception">There is no such program, for example.</exception>
    public WindowsChild(string fileName, IReadOnlyList<string> arguments, bool isSilent)
    {
        _process = Process.Start(new ProcessStartInfo(fileName, arguments)
        {
            CreateNewProcessGroup = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        WindowsJob.Add(_process);
        Ended = EndAsync();
        if (isSilent)
        {
            _process.StandardInput.Close();
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        }
    }

    public override Stream Input => _process.StandardInput.BaseStream;

    public override Stream Output => _process.StandardOutput.BaseStream;

    public override Stream Error => _process.StandardError.BaseStream;

    public override Task<int> Ended { get; }

    public override void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // kubectl has ended, or is ending.
        }
    }

    protected override void Dispose(bool isDisposing)
    {
        Kill();
        _process.Dispose();
    }

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
