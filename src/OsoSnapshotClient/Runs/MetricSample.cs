using System.Text.RegularExpressions;

namespace OsoSnapshotClient.Runs;

/// <summary>A line of Prometheus' text format about a pod.</summary>
internal sealed partial record MetricSample(string Name, PodLabels Labels, string Value)
{
    /// <summary>The line, with its end.</summary>
    public string Text => $"{Name}{{{Labels.Text}}} {Value}\n";

    /// <returns>null for another line: a comment, or one without a namespace and a pod.</returns>
    public static MetricSample? TryParse(string line) =>
        Line().Match(line) is { Success: true } match && PodLabels.TryParse(match.Groups[2].Value) is { } labels
            ? new(match.Groups[1].Value, labels, match.Groups[3].Value)
            : null;

    [GeneratedRegex(@"^(\w+)\{(.*)\} (\S+)$")]
    private static partial Regex Line();
}

/// <summary>Whose backup a metric is about.</summary>
/// <param name="Cluster">The cluster's name in a backup; null if it may not be read.</param>
internal sealed partial record PodLabels(string? Cluster, string Namespace, string Pod)
{
    /// <summary>The labels as in a line of the text format.</summary>
    public string Text => string.Join(",", Pairs.Select(pair => $"{pair.Name}=\"{Escaped(pair.Value)}\""));

    /// <summary>The names and values, without that of an unknown cluster.</summary>
    public IEnumerable<(string Name, string Value)> Pairs =>
    [
        .. Cluster is null ? ((string, string)[])[] : [("cluster", Cluster)],
        ("namespace", Namespace),
        ("pod", Pod),
    ];

    /// <returns>null without a namespace or a pod. Labels with other names don't count.</returns>
    public static PodLabels? TryParse(string text)
    {
        Dictionary<string, string> values = [];
        foreach (Match pair in Pair().Matches(text))
        {
            values[pair.Groups[1].Value] = Escape().Replace(
                pair.Groups[2].Value, escape => escape.Groups[1].Value == "n" ? "\n" : escape.Groups[1].Value);
        }

        return values.GetValueOrDefault("namespace") is { } space && values.GetValueOrDefault("pod") is { } pod
            ? new(values.GetValueOrDefault("cluster"), space, pod)
            : null;
    }

    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    [GeneratedRegex("""(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)""")]
    private static partial Regex Pair();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape();
}
