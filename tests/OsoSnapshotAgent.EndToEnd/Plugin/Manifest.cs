using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Plugin;

/// <summary>Reads what the containers of a manifest run.</summary>
internal static class Manifest
{
    /// <summary>The arguments of each container, in the order of the text.</summary>
    public static IReadOnlyList<string[]> Commands(IEnumerable<string> manifest)
    {
        List<List<string>> commands = [];
        bool isList = false;
        foreach (string line in manifest.Select(line => line.Trim()).Where(line => !line.StartsWith('#')))
        {
            // kustomize sorts the members, so that args comes first.
            string text = line.StartsWith("- args:", StringComparison.Ordinal) ? line[2..] : line;
            if (text.StartsWith("args:", StringComparison.Ordinal))
            {
                // The list is on one line, or has a line for each item.
                commands.Add([.. text["args:".Length..].Trim(' ', '[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(Plain)]);
                isList = true;
            }
            else if (isList && text.StartsWith("- ", StringComparison.Ordinal))
            {
                commands[^1].Add(Plain(text[2..]));
            }
            else
            {
                isList = false;
            }
        }

        return [.. commands.Select(command => command.ToArray())];
    }

    /// <summary>Makes the objects of docker/kubernetes/nightly as "kubectl apply -k" does.</summary>
    /// <param name="resource">The one of its three files that is named.</param>
    /// <param name="values">Values of its ConfigMap.</param>
    /// <param name="kubectl">One of tests/fetch-kubectl.sh's.</param>
    /// <returns>The containers' arguments, that of take first, with the values that Kubernetes puts in.</returns>
    public static async Task<IReadOnlyList<string[]>> NightlyAsync(
        string resource, IReadOnlyDictionary<string, string>? values = null, string kubectl = "1.32")
    {
        string folder = Directory.CreateTempSubdirectory("oso-nightly-").FullName;
        foreach (string file in Directory.GetFiles(Repository.PathOf("docker/kubernetes/nightly")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string kustomization = Path.Combine(folder, "kustomization.yaml");
        await File.WriteAllLinesAsync(kustomization, (await File.ReadAllLinesAsync(kustomization)).Select(line =>
            line.Trim() == "- directory.yaml" ? line.Replace("directory.yaml", resource, StringComparison.Ordinal)
            : values?.FirstOrDefault(value => line.Trim().StartsWith($"- {value.Key}=", StringComparison.Ordinal)) is { Key: not null } set
                ? $"      - {set.Key}={set.Value}"
            : line));
        string program = Path.Combine(Cache.PathOf("OSO_KUBECTL_ROOTS", "kubectl"), kubectl, "usr/bin/kubectl");
        IReadOnlyList<string> made = (await HostCommand.RunAsync(program, "kustomize", folder)).Succeeded().Lines;
        Directory.Delete(folder, recursive: true);
        return
        [
            .. Commands(made).OrderBy(command => command[0] != "take")
                .Select(command => (string[])[.. command.Select(word => Expanded(word, made))]),
        ];
    }

    private static string Expanded(string word, IReadOnlyList<string> made) => made
        .SkipWhile(line => line != "data:").Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))
        .Select(line => line.Trim().Split(": ", 2))
        .Aggregate(word, (text, pair) => text.Replace($"$({pair[0]})", Plain(pair[1]), StringComparison.Ordinal));

    private static string Plain(string scalar) => scalar.Trim('"', '\'');
}
