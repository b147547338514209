#pragma warning disable xUnit1051
using System.Text.Json.Nodes;
using OsoSnapshotAgent.EndToEnd.Image;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

public sealed class ServeTmp
{
    [Fact(Explicit = true)]
    public async Task Serve()
    {
        await using TargetContainer target = await TargetContainer.StartAsync(new TargetOptions { BlockBytes = long.Parse(Environment.GetEnvironmentVariable("SERVE_BYTES") ?? "1000000", null) });
        using Cluster cluster = new(target);
        cluster.Configure((JsonObject)JsonNode.Parse(Environment.GetEnvironmentVariable("SERVE_SETTINGS") ?? "{}")!);
        await File.WriteAllTextAsync("/tmp/serve.env", cluster.Folder + "\n" + target.Name);
        while (File.Exists("/tmp/serve.env"))
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
            await File.WriteAllLinesAsync("/tmp/serve.requests", cluster.Requests);
        }
    }
}
