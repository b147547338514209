using System.Globalization;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Verbs;

/// <summary>
/// Lists the agent's files and the snapshots on a volume. It looks through a running container of the agent, otherwise
/// through Prometheus' own if that has a shell.
/// </summary>
/// <param name="isOneOfAll">Whether the pod is skipped if it isn't one of Prometheus.</param>
internal sealed class ListRun(PodAccess access, TextWriter output, bool isOneOfAll, TimeProvider time)
{
    private const string AgentRoot = "/proc/1/root";
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
        await using PodWatch watch = new(access.Kubectl, access.Pod);
        Pod pod = await Preflight.ReadAsync(access, watch, token);
        if (Find(pod) is not { } target)
        {
            return new(access.Pod, 0);
        }

        string residents = string.Concat(pod.ResidentContainers().Select(
            name => $"{access.Pod}  container {name} stays for later runs; remove --resident ends it\n"));
        string[] paths =
        [
            .. target.StoragePaths(pod).Take(MaxPaths).Concat(UsualPaths).Order(StringComparer.Ordinal).Distinct(),
        ];
        IEnumerable<(string Container, string Root)> eyes = pod.AgentContainers()
            .Where(name => pod.StateOf(name).Phase == ContainerPhase.Running)
            .Select(name => (name, AgentRoot))
            .Append((target.Name, string.Empty));
        foreach ((string container, string root) in eyes)
        {
            KubectlAnswer answer = await access.Kubectl.RunAsync(
                access.Exec(container, ["sh", "-c", Script, "look", .. paths.Select(path => root + path)]), token);
            string[] lines = answer.Output.Split('\n', MaxLines, StringSplitOptions.RemoveEmptyEntries);
            if (lines is [.. var found, "looked"])
            {
                await output.WriteAsync(
                    string.Concat(found.Select(Describe).DefaultIfEmpty($"{access.Pod}  nothing\n")) + residents);
                return new(access.Pod, 0);
            }
        }

        await output.WriteAsync(
            $"{access.Pod}  unknown: no container with a shell sees the volume; kubectl oso-snapshot"
            + $" remove{access.Flags.Text} {access.Pod} has the agent remove its own files and all snapshots\n{residents}");
        return new(access.Pod, 0);
    }

    private PrometheusContainer? Find(Pod pod)
    {
        if (!isOneOfAll)
        {
            return PrometheusContainer.Find(pod, access.Start.Target);
        }

        try
        {
            return PrometheusContainer.Find(pod, access.Start.Target) is { IsGuess: false } target ? target : null;
        }
        catch (OperatorException)
        {
            return null;
        }
    }

    // A line is "KIBIBYTES SECONDS PATH".
    private string Describe(string line)
    {
        string[] parts = line.Split(' ', 3);
        if (parts.Length != 3
            || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
        {
            return $"{access.Pod}  {line}\n";
        }

        bool isSeenByAgent = parts[2].StartsWith(AgentRoot, StringComparison.Ordinal);
        string path = isSeenByAgent ? parts[2][AgentRoot.Length..] : parts[2];
        long hours = Math.Max(0, time.GetUtcNow().ToUnixTimeSeconds() - seconds) / 3600;
        return $"{access.Pod}  {path}  {ByteSize.Format(Math.Min(size, long.MaxValue / 1024) * 1024)}  {hours} h old\n";
    }
}
