using System.Text;
using OsoSnapshotCore.Files;
using k8s;
using k8s.KubeConfigModels;

namespace OsoSnapshotClient.Cluster;

/// <summary>What the client must know of kubectl's configuration: the rest is kubectl's.</summary>
/// <param name="Namespace">The namespace of the context; null for none.</param>
/// <param name="HasProxy">Whether a cluster is reached through a proxy.</param>
internal sealed record Kubeconfig(string? Namespace, bool HasProxy)
{
    private const int MaxBytes = 4 << 20;
    private static readonly char[] Quotes = ['"', '\''];

    /// <summary>Reads the files that kubectl reads. One that is missing or no kubeconfig is kubectl's to explain.
    /// </summary>
    public static Kubeconfig Read(ClusterOptions options)
    {
        GlobalFlags flags = new(options.Flags);
        string? context = flags.ValueOf("--context");
        bool hasProxy = false;
        List<Context> contexts = [];
        foreach (string path in Paths(flags, options.Variable))
        {
            if (ReadFile(path) is not var (config, text))
            {
                continue;
            }

            // The first file that names it wins (kubernetes.io, Organizing Cluster Access Using kubeconfig Files).
            context ??= config.CurrentContext is { Length: > 0 } current ? current : null;
            contexts.AddRange(config.Contexts ?? []);
            hasProxy |= NamesProxy(text);
        }

        string? found = contexts.FirstOrDefault(one => one.Name == context)?.ContextDetails?.Namespace;
        return new(KubeName.IsLabel(found) ? found : null, hasProxy);
    }

    private static string[] Paths(GlobalFlags flags, Func<string, string?> variable)
    {
        if (flags.ValueOf("--kubeconfig") is { Length: > 0 } named)
        {
            return [named];
        }

        return variable("KUBECONFIG") is { Length: > 0 } list
            ? list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : [KubernetesClientConfiguration.KubeConfigDefaultLocation];
    }

    private static (K8SConfiguration Config, string Text)? ReadFile(string path)
    {
        try
        {
            // It is often a link, which kubectl follows.
            using FileStream file = RegularFile.Open(path);
            byte[] content = RegularFile.ReadStart(file, MaxBytes + 1);
            if (content.Length > MaxBytes)
            {
                return null;
            }

            using MemoryStream stream = new(content);
            return KubernetesClientConfiguration.LoadKubeConfig(stream) is { } config
                ? (config, Encoding.UTF8.GetString(content))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException
            or YamlDotNet.Core.YamlException)
        {
            return null;
        }
    }

    // The library does not read it. Which cluster has it does not matter: kubectl exec reaches all.
    private static bool NamesProxy(string text) => text.Split('\n')
        .Select(line => line.Trim().TrimStart('-').TrimStart())
        .Any(line => line.StartsWith("proxy-url:", StringComparison.Ordinal)
            && line["proxy-url:".Length..].Trim().Trim(Quotes).Length > 0);
}
