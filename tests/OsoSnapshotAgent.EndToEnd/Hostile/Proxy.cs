using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>
/// Runs proxy.py in a pod's network. The proxy passes on the pod's Prometheus, except for one answer.
/// </summary>
internal sealed class Proxy : IDisposable
{
    private const int Port = 9099;

    private readonly Process _process;

    private Proxy(Process process) => _process = process;

    public string Url { get; } = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <param name="what">"snapshot" or "flags".</param>
    /// <param name="value">The snapshot's name, or the storage path, in the changed answer.</param>
    public static async Task<Proxy> StartAsync(PrometheusPod pod, string what, string value)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Hostile", "proxy.py");
        Process process = HostCommand.Start(HostCommand.AsRoot(
            "nsenter", "--target", Number(pod.FirstProcessId), "--net",
            "python3", program, Number(Port), Number(pod.Options.Port), what, value));
        Assert.Equal("listening", await process.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline));
        return new Proxy(process);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
