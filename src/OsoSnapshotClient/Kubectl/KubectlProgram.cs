using System.ComponentModel;
using System.Diagnostics;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Runs kubectl as a child process. Its arguments are a list, so that no shell reads them.</summary>
/// <param name="fileName">kubectl's path, or its name on PATH.</param>
/// <param name="globalFlags">The flags for every call, such as <c>-n NAMESPACE</c>.</param>
internal sealed class KubectlProgram(string fileName, IReadOnlyList<string> globalFlags) : IKubectl
{
    public IKubectlCall Start(params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(fileName, [.. globalFlags, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return new Call(process);
        }
        catch (Win32Exception e)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"{fileName} can't be started: {e.Message}",
                "Install kubectl and put it on PATH, or name it in the variable KUBECTL.",
                e);
        }
    }

    private sealed class Call(Process process) : IKubectlCall
    {
        public Stream Output => process.StandardOutput.BaseStream;

        public TextReader Error => process.StandardError;

        public async Task<int> EndAsync()
        {
            await process.WaitForExitAsync();
            return process.ExitCode;
        }

        public void Kill()
        {
            try
            {
                process.Kill();
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                // kubectl has ended, or is ending.
            }
        }

        public void Dispose() => process.Dispose();
    }
}
