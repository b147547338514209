using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Runs kubectl in a process group of its own, which the console's Ctrl-C doesn't reach.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsChild : IKubectlCall
{
    private readonly Process _process;

    /// <exception cref="Win32Exception">There is no such program, for example.</exception>
    public WindowsChild(string fileName, IEnumerable<string> arguments)
    {
        _process = Process.Start(new ProcessStartInfo(fileName, arguments)
        {
            CreateNewProcessGroup = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        WindowsJob.Add(_process);
        _process.StandardInput.Close();
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    public TextReader Error => _process.StandardError;

    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Kill()
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

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
