using System.ComponentModel;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Runs podman with runc, in a configuration for the tests only.</summary>
internal static class Podman
{
    /// <summary>The image under test. OSO_SNAPSHOT_TEST_IMAGE names another one.</summary>
    public static string Image { get; } =
        Environment.GetEnvironmentVariable("OSO_SNAPSHOT_TEST_IMAGE") ?? "localhost/oso_snapshot:dev";

    private static readonly Lazy<Task<string?>> Obstacle = new(FindObstacleAsync);
    private static readonly Lazy<string> Configuration = new(WriteConfiguration);

    public static IReadOnlyList<string> Command(params IEnumerable<string> arguments) =>
        HostCommand.AsRoot(["env", "CONTAINERS_CONF=" + Configuration.Value, "podman", .. arguments]);

    public static Task<CommandResult> RunAsync(params IEnumerable<string> arguments) => HostCommand.RunAsync(Command(arguments));

    /// <summary>Skips the test if this machine can't run containers.</summary>
    public static async Task SkipWhereImpossibleAsync()
    {
        string? obstacle = await Obstacle.Value;
        Assert.SkipWhen(obstacle is not null, $"Containers can't run here: {obstacle}");
    }

    private static async Task<string?> FindObstacleAsync()
    {
        Assert.True(File.Exists(OciArchive.Path), $"There is no {OciArchive.Path}: run ./build.sh image.");
        try
        {
            // Another engine may have made the image, in a store of its own.
            (await RunAsync("load", "--quiet", "--input", OciArchive.Path)).Succeeded();

            // The command runs only the C library's loader. An image that doesn't start makes tests fail; it skips
            // none.
            CommandResult attempt = await RunAsync("run", "--rm", "--network=none", "--entrypoint", "/usr/bin/busybox", Image, "true");
            return attempt.ExitStatus == 0 ? null : attempt.Error;
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }
    }

    // crun refuses hybrid cgroups, and the default limits are above what a container within a container may set.
    private static string WriteConfiguration()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("oso-podman-").FullName, "containers.conf");
        File.WriteAllText(path, """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            [engine]
            runtime = "runc"
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            """);
        return path;
    }
}
