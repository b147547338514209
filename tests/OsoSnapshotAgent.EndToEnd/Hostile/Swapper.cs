using System.Diagnostics;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>The attacker of swapper.c with the pod's user, and a tree that only root may enter.</summary>
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

    /// <summary>The content of every file outside the volume.</summary>
    public static string Secret { get; } = "secret-" + Guid.NewGuid().ToString("N");

    /// <summary>Makes the tree outside read-only in the agent's own mount namespace.</summary>
    public string ReadOnlyOutside =>
        $"; cd {_directory}; mount --bind outside outside; mount -o remount,bind,ro {_directory}/outside";

    /// <summary>The number of snapshots that were attacked.</summary>
    public int Attacks => Volatile.Read(ref _attacks);

    /// <summary>The path of a file that ends the runs when it appears.</summary>
    public string Enough => Path.Combine(_directory, "enough");

    /// <summary>The path of a file for what the agent streams. No other process uses it.</summary>
    public string Archive => Path.Combine(_directory, "archive");

    /// <param name="mode">"wait" or "plant".</param>
    public static async Task<Swapper> StartAsync(PrometheusPod pod, string mode)
    {
        string block = await RootShell.RunAsync("basename $0/0*", pod.DataDirectory);
        return await StartAsync(pod.DataDirectory, pod.Options.User, block.TrimEnd(), mode);
    }

    /// <param name="data">The directory in which the attacker swaps.</param>
    /// <param name="user">The attacker, as UID:GID.</param>
    /// <param name="block">The name of a block that the tree outside has too.</param>
    /// <param name="mode">A mode of swapper.c.</param>
    public static async Task<Swapper> StartAsync(string data, string user, string block, string mode)
    {
        string directory = Directory.CreateTempSubdirectory("oso-swapper-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        string program = Path.Combine(directory, "swapper");
        string source = Path.Combine(AppContext.BaseDirectory, "Hostile", "swapper.c");
        (await HostCommand.RunAsync("clang", "-O1", "-o", program, source)).Succeeded();
        await RootShell.RunAsync(Outside, directory, block, Secret);
        string[] ids = user.Split(':');
        return new Swapper(directory, HostCommand.Start(HostCommand.AsRoot(
            "setpriv", "--reuid", ids[0], "--regid", ids[1], "--clear-groups", "--bounding-set=-all",
            program, mode, data, Path.Combine(directory, "outside"), block)));
    }

    /// <summary>Lists the files outside the volume, with their contents.</summary>
    public Task<string> ReadOutsideAsync() => RootShell.RunAsync(
        "cd $0/outside; find . -printf '%p %y %m %u %s\n' | sort; find . -type f -exec cat {} + | sha256sum",
        _directory);

    /// <summary>Waits for this many attacks or for the end of the runs, then makes <see cref="Enough"/>.</summary>
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
