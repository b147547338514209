using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotClient.Tests.Fixtures;

/// <summary>Debian's Pushgateway, at a port of its own.</summary>
internal sealed class RealPushGateway : IDisposable
{
    private readonly Process _process;

    private RealPushGateway(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    private static string Program
    {
        get
        {
            string root = Cache.PathOf("OSO_PUSHGATEWAY_ROOT", "pushgateway");
            return Directory.Exists(root)
                ? Path.Combine(root, "usr", "bin", "prometheus-pushgateway")
                : throw new DirectoryNotFoundException($"There is no {root}: run tests/fetch-pushgateway.sh.");
        }
    }

    /// <param name="options">Such as --web.config.file.</param>
    public static async Task<RealPushGateway> StartAsync(params string[] options)
    {
        Process process = HostCommand.Start([Program, "--web.listen-address=127.0.0.1:0", .. options]);
        const string Before = "msg=\"Listening on\" address=";
        while (await process.StandardError.ReadLineAsync().WaitAsync(Eventually.Deadline) is { } line)
        {
            if (line.IndexOf(Before, StringComparison.Ordinal) is >= 0 and int start)
            {
                // It blocks when nobody reads its log.
                _ = process.StandardError.ReadToEndAsync();
                return new(process, new Uri($"http://{line[(start + Before.Length)..].Split(' ')[0]}"));
            }
        }

        throw new InvalidOperationException("The Pushgateway ended before it listened.");
    }

    /// <returns>The lines about backups that Prometheus would scrape.</returns>
    public async Task<string[]> ScrapeAsync()
    {
        CommandResult scrape = (await HostCommand.RunAsync("curl", "--silent", "--show-error", $"{Address}metrics")).Succeeded();
        return [.. scrape.Lines.Where(line => line.StartsWith("oso_snapshot", StringComparison.Ordinal))];
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
