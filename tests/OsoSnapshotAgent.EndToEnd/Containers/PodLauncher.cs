using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>Builds the command lines that make a pod's namespaces and enter them.</summary>
internal static class PodLauncher
{
    private static readonly Lazy<Task<string?>> Obstacle = new(FindObstacleAsync);

    /// <summary>Skips the test if this machine allows no namespaces.</summary>
    public static async Task SkipWhereImpossibleAsync()
    {
        string? obstacle = await Obstacle.Value;
        Assert.SkipWhen(obstacle is not null, $"Namespaces can't be made here: {obstacle}");
    }

    public static Process Start(PodOptions options, PodDirectory directory) =>
        HostCommand.Start(HostCommand.AsRoot(
        [
            "env", .. Variables(options, directory), "bash", Script("start-pod.sh"), "/bin/prometheus", .. options.HasFlagsInFile ? ["@" + FlagsFile] : Flags(options),
        ]));

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Containers", name);

    private static IEnumerable<string> Variables(PodOptions options, PodDirectory directory)
    {
        yield return "POD_DIRECTORY=" + directory.Path;
        yield return "POD_IMAGE=" + options.Version.Root;
        yield return "POD_USER=" + options.User;
        yield return "POD_DATA=" + options.DataPath;
        yield return "POD_WORKING_DIRECTORY=" + options.WorkingDirectory;
        yield return "POD_HOSTNAME=" + options.HostName;
        yield return "POD_FIRST_PROCESS=" + options.FirstProcess;
        yield return "POD_VOLUME_BYTES=" + options.VolumeBytes?.ToString(CultureInfo.InvariantCulture);
        yield return "POD_NETWORK_OF=" + options.NetworkOf?.FirstProcessId.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Prometheus' flags, one a line.</summary>
    public const string FlagsFile = "/etc/prometheus/flags";

    public static IEnumerable<string> Flags(PodOptions options)
    {
        yield return "--config.file=/etc/prometheus/prometheus.yml";
        yield return $"--web.listen-address=:{options.Port}";
        if (options.NamesStoragePath)
        {
            yield return "--storage.tsdb.path=" + options.StoragePath;
        }

        if (options.RoutePrefix.Length > 0)
        {
            yield return "--web.route-prefix=" + options.RoutePrefix;
        }

        if (options.EnablesAdminApi)
        {
            yield return "--web.enable-admin-api";
        }

        foreach (string flag in options.Flags)
        {
            yield return flag;
        }
    }

    private static async Task<string?> FindObstacleAsync()
    {
        try
        {
            CommandResult attempt = await HostCommand.RunAsync(
                HostCommand.AsRoot("unshare", "--pid", "--fork", "--mount", "--mount-proc", "--net", "--uts", "ip", "link", "set", "lo", "up"));
            return attempt.ExitStatus == 0 ? null : attempt.Error;
        }
        catch (Win32Exception missing)
        {
            // sudo or unshare is missing.
            return missing.Message;
        }
    }
}
