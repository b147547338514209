using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd;

public sealed class ShellCheckTests
{
    private static readonly string[] Folders = [".ci", "docker", "src", "tests"];

    [Fact]
    public async Task ShellCheck_finds_nothing_in_any_script()
    {
        string[] scripts =
        [
            Repository.PathOf("build.sh"),
            .. Folders.SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*", SearchOption.AllDirectories)).Where(IsShellScript),
        ];

        Assert.Contains(Repository.PathOf("docker/image.sh"), scripts);
        (await HostCommand.RunAsync(["shellcheck", .. scripts])).Succeeded();
    }

    private static bool IsShellScript(string path)
    {
        string relative = Path.GetRelativePath(Repository.Root, path);
        if (relative.Contains("/bin/", StringComparison.Ordinal) || relative.Contains("/obj/", StringComparison.Ordinal))
        {
            return false;
        }

        using StreamReader reader = new(path);
        return reader.ReadLine() is { } line && line.StartsWith("#!", StringComparison.Ordinal) && line.EndsWith("sh", StringComparison.Ordinal);
    }
}
