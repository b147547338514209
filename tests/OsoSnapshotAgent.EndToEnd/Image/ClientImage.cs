using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>The client's image.</summary>
internal static class ClientImage
{
    /// <summary>OSO_SNAPSHOT_TEST_CLIENT_IMAGE names another one.</summary>
    public static string Name { get; } =
        Environment.GetEnvironmentVariable("OSO_SNAPSHOT_TEST_CLIENT_IMAGE") ?? "localhost/oso_snapshot_client:dev";

    public static async Task SkipWithoutAsync()
    {
        await Podman.SkipWhereImpossibleAsync();
        CommandResult image = await Podman.RunAsync("image", "exists", Name);
        Assert.SkipWhen(image.ExitStatus != 0, $"podman has no {Name}; another engine may have made it.");
    }
}
