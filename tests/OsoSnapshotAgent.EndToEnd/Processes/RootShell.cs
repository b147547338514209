namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>Runs a bash script as root, for files that belong to a pod's user.</summary>
internal static class RootShell
{
    /// <param name="arguments">The values of $0, $1 and so on.</param>
    /// <returns>The script's output.</returns>
    public static async Task<string> RunAsync(string script, params string[] arguments) =>
        (await HostCommand.RunAsync(HostCommand.AsRoot(["bash", "-e", "-c", script, .. arguments]))).Succeeded().Output;
}
