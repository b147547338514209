using System.ComponentModel;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Kubectl;

/// <summary>
/// Runs kubectl as a child process that the terminal's Ctrl-C doesn't reach, and that ends with this process. Its
/// arguments are a list, so that no shell reads them.
/// </summary>
/// <param name="fileName">kubectl's path, or its name on PATH.</param>
/// <param name="globalFlags">The flags for every call, such as <c>-n NAMESPACE</c>.</param>
internal sealed class KubectlProgram(string fileName, IReadOnlyList<string> globalFlags) : IKubectl
{
    public IKubectlCall Start(params IReadOnlyList<string> arguments)
    {
        string[] words = [.. globalFlags, .. arguments];
        try
        {
            return OperatingSystem.IsWindows() ? new WindowsChild(fileName, words) : new PosixChild(fileName, words);
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
}
