using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Release;

/// <summary>The client packed twice, into the folders first and second. A text takes the place of each program.</summary>
public sealed class PackedClient : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oso-pack-").FullName;

    public static IReadOnlyList<string> Systems { get; } = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64"];

    public async ValueTask InitializeAsync()
    {
        foreach (string system in Systems)
        {
            Directory.CreateDirectory(PathOf("dist/" + system));
            string name = system.StartsWith("windows", StringComparison.Ordinal) ? "kubectl-oso_snapshot.exe" : "kubectl-oso_snapshot";
            await File.WriteAllTextAsync(PathOf($"dist/{system}/{name}"), "the program for " + system);
        }

        await PackAsync("first", umask: "022");
        await PackAsync("second", umask: "077");
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    public Task<string> ReadAsync(string name) => File.ReadAllTextAsync(PathOf(name));

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task PackAsync(string output, string umask)
    {
        Directory.CreateDirectory(PathOf(output));
        string script = $"umask {umask}; exec '{Repository.PathOf("src/build/pack-client.sh")}' dist {output} 1.2.3";
        (await HostCommand.RunAsync(["env", "OSO_IMAGE_SOURCE=https://example.com/sources", "bash", "-c", script], _folder)).Succeeded();
    }
}
