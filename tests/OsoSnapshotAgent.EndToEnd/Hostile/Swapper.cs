using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>The attacker of swapper.c, who has the pod's user, and a tree that only root may enter.</summary>
internal sealed class Swapper : IAsyncDisposable
{
    private const string Outside = """
        mkdir -p $0/outside/$1/chunks
        chmod 700 $0/outside
        for file in index meta.json tombstones $(printf 'chunks/%06d ' {1..24}); do
          yes "$2" | head -c 4000 >$0/outside/$1/$file
        done
        """;

    private readonly string _directory;
    private readonly Process _process;
    private int _attacks;

    private Swapper(string directory, Process process)
    {
        _directory = directory;
        _process = process;
        process.OutputDataReceived += (_, line) => Interlocked.Add(ref _attacks, line.Data is null ? 0 : 1);
        process.BeginOutputReadLine();
    }

    /// <summary>What every file outside holds.</summary>
    public static string Secret { get; } = "secret-" + Guid.NewGuid().ToString("N");

    /// <summary>Lets the agent read but not delete what lies outside, in its own mount namespace.</summary>
    public string ReadOnlyOutside =>
        $"; cd {_directory}; mount --bind outside outside; mount -o remount,bind,ro {_directory}/outside";

    /// <summary>How many snapshots it has attacked.</summary>
    public int Attacks => Volatile.Read(ref _attacks);

    /// <summary>A file that is there when the runs may end.</summary>
    public string Enough => Path.Combine(_directory, "enough");

    /// <summary>Nobody else's; for what the agent streams.</summary>
    public string Archive => Path.Combine(_directory, "archive");

    /// <param name="mode">"wait" or "plant".</param>
    public static async Task<Swapper> StartAsync(PrometheusPod pod, string mode)
    {
        string directory = Directory.CreateTempSubdirectory("oso-swapper-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        string program = Path.Combine(directory, "swapper");
        string source = Path.Combine(AppContext.BaseDirectory, "Hostile", "swapper.c");
        (await HostCommand.RunAsync("clang", "-O1", "-o", program, source)).Succeeded();
        string block = await RootShell.RunAsync("basename $0/0*", pod.DataDirectory);
        await RootShell.RunAsync(Outside, directory, block.TrimEnd(), Secret);
        string[] user = pod.Options.User.Split(':');
        return new Swapper(directory, HostCommand.Start(HostCommand.AsRoot(
            "setpriv", "--reuid", user[0], "--regid", user[1], "--clear-groups", "--bounding-set=-all",
            program, mode, pod.DataDirectory, Path.Combine(directory, "outside"), block.TrimEnd())));
    }

    /// <summary>What lies outside, with its content.</summary>
    public Task<string> ReadOutsideAsync() => RootShell.RunAsync(
        "cd $0/outside; find . -printf '%p %y %m %u %s\n' | sort; find . -type f -exec cat {} + | sha256sum",
        _directory);

    /// <summary>Waits for so many attacks, or for the end of the runs, and makes <see cref="Enough"/>.</summary>
    public async Task AttackAsync(int times, Task runs)
    {
        while (Attacks < times && !runs.IsCompleted && !_process.HasExited)
        {
            await Task.WhenAny(runs, Task.Delay(TimeSpan.FromSeconds(0.1)));
        }

        await RootShell.RunAsync("touch $0", Enough);
        await runs;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        _process.Dispose();
        await RootShell.RunAsync("rm -rf $0", _directory);
    }
}
