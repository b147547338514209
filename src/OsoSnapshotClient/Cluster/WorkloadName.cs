using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

internal enum WorkloadKind
{
    Pod,
    StatefulSet,
    Deployment,
}

/// <summary>The names that the command line takes for a pod, as kubectl does.</summary>
internal static class WorkloadName
{
    /// <exception cref="OperatorException">It is no such name.</exception>
    public static (WorkloadKind Kind, string Name) Parse(string text) =>
        TryParse(text) ?? throw new OperatorException(
            ExitStatus.Settings,
            $"'{Printable.Short(text)}' names no pod.",
            "give POD, pod/POD, sts/NAME or deploy/NAME");

    /// <returns>null if it is no such name.</returns>
    public static (WorkloadKind Kind, string Name)? TryParse(string text)
    {
        (WorkloadKind Kind, string Name)? named = text.Split('/') switch
        {
            [var name] => (WorkloadKind.Pod, name),
            ["pod" or "pods" or "po", var name] => (WorkloadKind.Pod, name),
            ["sts" or "statefulset" or "statefulsets" or "statefulset.apps" or "statefulsets.apps", var name] =>
                (WorkloadKind.StatefulSet, name),
            ["deploy" or "deployment" or "deployments" or "deployment.apps" or "deployments.apps", var name] =>
                (WorkloadKind.Deployment, name),
            _ => null,
        };
        return KubeName.IsPod(named?.Name) ? named : null;
    }

    /// <exception cref="ClusterException">It is empty: it would choose every pod.</exception>
    public static string SelectorOf(V1LabelSelector? selector)
    {
        string[] parts =
        [
            .. (selector?.MatchLabels ?? new Dictionary<string, string>()).Select(pair => $"{pair.Key}={pair.Value}"),
            .. (selector?.MatchExpressions ?? []).OfType<V1LabelSelectorRequirement>().Select(Expression),
        ];
        return parts.Length > 0
            ? string.Join(',', parts)
            : throw new ClusterException(0, "Unreadable", "the workload has no selector of its pods");
    }

    private static string Expression(V1LabelSelectorRequirement one) => one.Operator switch
    {
        "In" => $"{one.Key} in ({string.Join(',', one.Values ?? [])})",
        "NotIn" => $"{one.Key} notin ({string.Join(',', one.Values ?? [])})",
        "Exists" => one.Key,
        "DoesNotExist" => "!" + one.Key,
        _ => throw new ClusterException(0, "Unreadable", "the workload's selector of its pods can't be read"),
    };
}
