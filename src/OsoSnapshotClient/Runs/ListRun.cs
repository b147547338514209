using System.Globalization;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Runs;

/// <summary>
/// Lists the agent's files and the snapshots on a volume. It asks a running container of the agent, otherwise it looks
/// through Prometheus' own if that has a shell. It starts nothing.
/// </summary>
internal sealed class ListRun(KubernetesCluster cluster, PodAccess access, TextWriter output, TimeProvider time)
{
    // Prometheus' container has no program of ours, only the shell of its image.
    private const string Script = """
        for d in "$@"; do
          for n in snapshots.tgz snapshots.tgz.part snapshots.tgz.sha256 snapshots.log snapshots; do
            f=$d/$n
            [ ! -e "$f" ] || echo "$(du -sk "$f" | { read -r k x; echo "$k"; }) $(stat -c %Y "$f") $f"
          done
        done
        echo looked
        """;

    // More than the script finds below so many paths. After that, the last line holds the rest.
    private const int MaxLines = 1000;
    private const int MaxPaths = 20;

    private static readonly string[] UsualPaths = ["/data", "/prometheus"];

    public async Task<PodResult> RunAsync(CancellationToken token)
    {
        V1Pod pod = await Preflight.ReadAsync(cluster, access, token);
        PrometheusContainer target = PrometheusContainer.Find(pod, access.Start.Target);
        (IReadOnlyList<string>? found, string problem) = await LookAsync(pod, target, token);
        string residents = string.Concat(pod.ResidentContainers(image: null, target: null).Select(
            name => $"{access.Pod}  container {name} stays for later runs; remove --resident ends it\n"));
        string lines = found is null
            ? $"{access.Pod}  unknown: {problem}\n"
            : string.Concat(found.DefaultIfEmpty($"{access.Pod}  nothing\n"));
        await output.WriteAsync(lines + residents);
        return new(access.Pod, (int)(found is null ? ClientStatus.Failed : ExitStatus.Done));
    }

    /// <returns>A line for each item; null and why if nobody can look.</returns>
    private async Task<(IReadOnlyList<string>? Lines, string Problem)> LookAsync(
        V1Pod pod, PrometheusContainer target, CancellationToken token)
    {
        foreach (string name in pod.AgentContainers()
            .Where(name => pod.StateOf(name).Phase == ContainerPhase.Running))
        {
            RemoteAnswer answer = await new RemoteAgent(access, name).AskAsync(["list", "--json"], token);
            if (answer.ExitCode == 0)
            {
                VolumeListing listing = AgentAnswers.Parse(answer.Output, ControlJson.Default.VolumeListing);
                return listing.IsValid()
                    ? ([.. listing.Items.Select(Describe)], string.Empty)
                    : throw AgentAnswers.Unreadable(answer.Output);
            }
        }

        return await LookThroughShellAsync(pod, target, token);
    }

    private async Task<(IReadOnlyList<string>? Lines, string Problem)> LookThroughShellAsync(
        V1Pod pod, PrometheusContainer target, CancellationToken token)
    {
        string[] paths =
        [
            .. target.StoragePaths(pod).Take(MaxPaths).Concat(UsualPaths).Order(StringComparer.Ordinal).Distinct(),
        ];
        ContainerState state = pod.StateOfOwn(target.Name);
        if (state is { HasStarted: true, HasEnded: true })
        {
            return (null, $"container {target.Name} isn't running ({state.Reason})");
        }

        RemoteAnswer answer = await RemoteCommand.RunAsync(
            access, target.Name, ["sh", "-c", Script, "look", .. paths], token);
        string[] lines = answer.Output.Split('\n', MaxLines, StringSplitOptions.RemoveEmptyEntries);
        return lines is [.. var found, "looked"]
            ? ([.. found.Select(Describe)], string.Empty)
            : (null, answer.Refusal is { } refusal
                ? ClusterErrors.Explain(refusal, "the volume can't be looked at", access.Place).Message
                : "no container with a shell sees the volume. The container of a take --resident can list it");
    }

    private string Describe(VolumeItem item) => Describe(item.PathInContainer, item.Bytes, item.Modified);

    // A line is "KIBIBYTES SECONDS PATH".
    private string Describe(string line)
    {
        string[] parts = line.Split(' ', 3);
        return parts.Length == 3
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? Describe(
                parts[2], Math.Min(size, long.MaxValue / 1024) * 1024, DateTimeOffset.FromUnixTimeSeconds(seconds))
            : $"{access.Pod}  {line}\n";
    }

    private string Describe(string path, long bytes, DateTimeOffset modified)
    {
        DateTimeOffset now = time.GetUtcNow();
        string age = Durations.Format(now > modified ? now - modified : TimeSpan.Zero);
        return $"{access.Pod}  {path}  {ByteSize.Format(bytes)}  {age} old\n";
    }
}
