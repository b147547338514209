using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Progress;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Verbs;

/// <summary>Does a verb's work on one pod, or on all pods that match, several at a time.</summary>
/// <param name="reports">Makes a pod's report from its name, and from a label if there are several pods.</param>
internal sealed class PodRunner(
    IKubectl kubectl,
    GlobalFlags flags,
    StartOptions start,
    EndSignal signal,
    Func<string, string, IPodReport> reports)
{
    private const string Prefix = "pod/";

    public async Task<PodResult> RunOneAsync(string pod, string label, Func<PodAccess, Task<PodResult>> work)
    {
        PodAccess access = new()
        {
            Kubectl = kubectl,
            Pod = pod,
            Flags = flags,
            Start = start,
            Report = reports(pod, label),
        };
        try
        {
            return await work(access);
        }
        catch (OperatorException e)
        {
            return Failed(e, access);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(
                new(
                    Causes.Status(e, ClientStatus.Failed),
                    $"A file here can't be read or written: {e.Message}",
                    Causes.Remedy(e, "remove the cause, then run the same command again")),
                access);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return new(pod, (int)signal.Status) { Problem = "interrupted" };
        }
    }

    private static PodResult Failed(OperatorException e, PodAccess access)
    {
        access.Report.Pause();
        access.Report.Warn($"❌ {e.Message}" + (e.Remedy.Length > 0 ? $"\n   What to do: {e.Remedy}" : null));
        return new(access.Pod, (int)e.Status) { Problem = e.Message, Remedy = e.Remedy };
    }

    /// <param name="selector">The labels of the pods; null for all pods of the namespace.</param>
    /// <exception cref="OperatorException">No pod matches, or the pods can't be listed.</exception>
    public async Task<IReadOnlyList<PodResult>> RunManyAsync(
        string? selector, int parallel, Func<PodAccess, Task<PodResult>> work)
    {
        IReadOnlyList<string> pods;
        try
        {
            pods = await ListAsync(selector);
        }
        catch (OperationCanceledException e)
        {
            throw new OperatorException(
                signal.Status, "Interrupted before the pods were listed.", "run the same command again", e);
        }

        using SemaphoreSlim slots = new(parallel);
        return await Task.WhenAll(pods.Select(async pod =>
        {
            await slots.WaitAsync();
            try
            {
                return signal.Token.IsCancellationRequested
                    ? new(pod, (int)signal.Status) { Problem = "interrupted" }
                    : await RunOneAsync(pod, $"[{pod}] ", work);
            }
            finally
            {
                slots.Release();
            }
        }));
    }

    /// <returns>A table with the result of each pod.</returns>
    public static string Table(IReadOnlyList<PodResult> results, TimeSpan elapsed)
    {
        IEnumerable<string> rows =
            from result in results
            let outcome = result.Status == 0 ? "done" : $"failed {result.Status}"
            let size = result.Bytes is { } bytes ? ByteSize.Format(bytes) : string.Empty
            let last = result.Problem is { } problem ? problem.Split('\n')[0] : result.Sha256 ?? result.File
            select $"{result.Pod,-40} {outcome,-10} {size,10}  {last}";
        return $"\n{"POD",-40} {"RESULT",-10} {"SIZE",10}  SHA-256, or why it failed\n"
            + string.Concat(rows.Select(row => row + "\n"))
            + $"{Plural.Of(results.Count, "pod")} in {Durations.Format(elapsed)}\n";
    }

    private async Task<IReadOnlyList<string>> ListAsync(string? selector)
    {
        KubectlAnswer answer = await kubectl.RunAsync(
            ["get", "pods", .. selector is null ? (string[])[] : ["-l", selector], "-o", "name"], signal.Token);
        if (!answer.IsSuccess)
        {
            PodAccess nowhere = new()
            {
                Kubectl = kubectl,
                Pod = string.Empty,
                Flags = flags,
                Start = start,
                Report = reports(string.Empty, string.Empty),
            };
            throw ClusterErrors.Explain(answer, "Pods can't be listed", nowhere);
        }

        string[] pods = [.. answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(NameOf)];
        return pods.Length > 0 ? pods : throw new OperatorException(
            ExitStatus.Settings,
            selector is null ? $"There is no pod{flags.Text}." : $"No pod matches '{selector}'{flags.Text}.",
            $"see kubectl get pods --show-labels{flags.Text}");
    }

    // A line is "pod/NAME".
    private static string NameOf(string line)
    {
        string name = line.StartsWith(Prefix, StringComparison.Ordinal) ? line[Prefix.Length..].TrimEnd() : line;
        return name != line && KubeName.IsPod(name) ? name : throw new OperatorException(
            ClientStatus.Failed,
            $"kubectl's answer is no list of pods: '{Printable.Short(line, 100)}'",
            "see kubectl get pods -o name");
    }
}
