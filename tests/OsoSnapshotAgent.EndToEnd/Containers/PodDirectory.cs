using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Containers;

/// <summary>A pod's files on the host: the container's root, its log, and the files of its agents.</summary>
internal sealed class PodDirectory
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private PodDirectory(PodOptions options)
    {
        Path = Directory.CreateTempSubdirectory("oso-pod-").FullName;
        Root = System.IO.Path.Combine(Path, "root");
        Data = Root + options.DataPath;
        // The agents run as other users than the tests.
        File.SetUnixFileMode(Path, ReadableByAll);
    }

    public string Path { get; }

    public string Root { get; }

    public string Data { get; }

    public string Log => System.IO.Path.Combine(Path, "log");

    public static PodDirectory Create(PodOptions options)
    {
        var directory = new PodDirectory(options);
        directory.CreateRoot(options);
        directory.WriteConfiguration(options);
        directory.FillData(options);
        // The kubelet writes such a file. It also has the names that the cluster's name service would answer.
        File.WriteAllText(System.IO.Path.Combine(directory.Path, "hosts"), $"127.0.0.1 localhost {options.HostName} {options.ServiceName}\n");
        File.Copy(System.IO.Path.Combine(directory.Path, "hosts"), System.IO.Path.Combine(directory.Root, "etc/hosts"));
        return directory;
    }

    /// <summary>Deletes the directory as root, because the container's processes own some of its files.</summary>
    public Task DeleteAsync() => HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", "--one-file-system", Path));

    private void CreateRoot(PodOptions options)
    {
        foreach (string name in (string[])["usr", "dev", "proc", "tmp", "etc/prometheus", options.WorkingDirectory.TrimStart('/')])
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Root, name));
        }

        foreach (string name in (string[])["bin", "sbin", "lib", "lib64"])
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(Root, name), "usr/" + name);
        }

        foreach (string name in (string[])["etc/passwd", "etc/group"])
        {
            File.Copy(System.IO.Path.Combine(options.Version.Root, name), System.IO.Path.Combine(Root, name));
        }

        Directory.CreateDirectory(Data);
        File.SetUnixFileMode(System.IO.Path.Combine(Root, "tmp"), (UnixFileMode)0b1_111_111_111);
    }

    private void WriteConfiguration(PodOptions options)
    {
        string scrape = $$"""
            scrape_configs:
            - job_name: self
              scrape_interval: 1s
              metrics_path: {{options.RoutePrefix}}/metrics
              static_configs: [{targets: ["localhost:{{options.Port}}"]}]
            rule_files: [rules.yml]
            """;
        Write("/etc/prometheus/prometheus.yml", options.ScrapesItself ? scrape : "{}");
        Write("/etc/prometheus/rules.yml", $$"""
            groups:
            - name: heartbeat
              interval: 200ms
              rules: [{record: {{PodOptions.HeadSeries}}, expr: vector(1)}]
            """);
        Write(PodLauncher.FlagsFile, string.Concat(PodLauncher.Flags(options).Select(flag => flag + "\n")));
        foreach ((string path, string content) in options.Files)
        {
            Write(path, content);
        }
    }

    private void Write(string pathInContainer, string content)
    {
        string path = Root + pathInContainer;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private void FillData(PodOptions options)
    {
        if (options.Blocks is { } blocks)
        {
            BlockGenerator.Generate(new GeneratorOptions
            {
                Directory = Data,
                BlockCount = blocks.Count,
                SizeBytes = blocks.SizeBytes,
                Seed = blocks.Seed,
                Until = blocks.Until,
            });
        }

        if (options.InitialData is { } source)
        {
            foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                string copy = System.IO.Path.Combine(Data, System.IO.Path.GetRelativePath(source, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }
}
