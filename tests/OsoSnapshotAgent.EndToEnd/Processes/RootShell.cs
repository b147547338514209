namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>A bash script as root, for files that belong to a pod's user.</summary>
internal static class RootShell
{
    /// <param name="arguments">$0, $1 and so on.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string script, params string[] arguments) =>
        (await HostCommand.RunAsync(HostCommand.AsRoot(["bash", "-e", "-c", script, .. arguments]))).Succeeded().Output;
}
