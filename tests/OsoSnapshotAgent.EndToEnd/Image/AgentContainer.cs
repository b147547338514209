using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotAgent.EndToEnd.Terminals;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>A container of the image beside a <see cref="TargetContainer"/>.</summary>
internal sealed class AgentContainer(string name, string terminationLog)
{
    public Task<string> TerminationMessageAsync() => File.ReadAllTextAsync(terminationLog);

    public async Task<string> LogAsync() => (await Podman.RunAsync("logs", name)).Output.Replace("\r\n", "\n", StringComparison.Ordinal);

    public async Task<string> WaitForLogAsync(string text, int times = 1)
    {
        string log = string.Empty;
        await Eventually.HoldsAsync(async () => (log = await LogAsync()).Split(text).Length > times, () => $"no '{text}' in the log:\n{log}");
        return log;
    }

    /// <summary>Runs a command in the container, as kubectl exec does.</summary>
    public Task<CommandResult> ExecAsync(params string[] command) => Podman.RunAsync(["exec", name, .. command]);

    /// <returns>The words on this machine that run a command in the container.</returns>
    public IReadOnlyList<string> WordsFor(params string[] command) => Podman.Command(["exec", "--interactive", name, .. command]);

    /// <summary>Copies through exec: the output of the command in the container goes to a file.</summary>
    public async Task CopyAsync(string file, params string[] command)
    {
        IReadOnlyList<string> podman = Podman.Command(["exec", name, .. command]);
        (await HostCommand.RunAsync(["sh", "-c", "exec \"$@\" >\"$0\"", file, .. podman])).Succeeded();
    }

    /// <summary>
    /// Starts a client on a terminal, as kubectl attach does. Killing the client sends the container nothing.
    /// </summary>
    public Process Attach(Pty terminal) =>
        HostCommand.Start(["sh", "-c", "exec setsid --ctty \"$@\" <\"$0\" >\"$0\" 2>&1", terminal.Path, .. Podman.Command("attach", "--sig-proxy=false", name)]);

    public async Task SignalAsync(string signal) => (await Podman.RunAsync("kill", "--signal", signal, name)).Succeeded();

    /// <summary>
    /// Sends a signal to the process that reads the container's output. While it is stopped, the terminal's buffer
    /// fills.
    /// </summary>
    public async Task SignalReaderAsync(string signal) => (await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-s", signal, await InspectAsync("{{.State.ConmonPid}}")))).Succeeded();

    public async Task<string> InspectAsync(string format) => (await Podman.RunAsync("inspect", "--format", format, name)).Succeeded().Output.Trim();

    /// <returns>The container's log.</returns>
    public async Task<string> EndsWithAsync(int status)
    {
        CommandResult wait = (await Podman.RunAsync("wait", name)).Succeeded();
        string log = await LogAsync();
        Assert.True(int.Parse(wait.Output, CultureInfo.InvariantCulture) == status, $"The container ended with status {wait.Output.Trim()}, not {status}:\n{log}");
        return log;
    }
}
