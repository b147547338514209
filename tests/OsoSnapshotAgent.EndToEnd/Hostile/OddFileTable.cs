using System.Globalization;
using System.Text;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>The exit status of each verb for each odd file in the place of each of the agent's files.</summary>
internal static class OddFileTable
{
    // The columns are in the order of Odd: a FIFO, a socket, a device, a directory, a link to
    // nothing, a link to a link, a link out of the volume, and a hard link.
    private const string Statuses = """
        run      snapshots.tgz         0 0 0 6 0 0 0 0
        run      snapshots.tgz.part    0 0 0 6 0 0 0 0
        run      snapshots.tgz.sha256  0 0 0 6 0 0 0 0
        run      snapshots.log         0 0 0 0 0 0 0 0
        run      snapshots             6 6 6 0 0 0 0 6
        remove   snapshots.tgz         0 0 0 6 0 0 0 0
        remove   snapshots.tgz.part    0 0 0 6 0 0 0 0
        remove   snapshots.tgz.sha256  0 0 0 6 0 0 0 0
        remove   snapshots.log         0 0 0 6 0 0 0 0
        remove   snapshots             6 6 6 0 0 0 0 6
        release  snapshots.tgz         0 0 0 6 0 0 0 0
        release  snapshots.tgz.part    0 0 0 6 0 0 0 0
        release  snapshots.tgz.sha256  0 0 0 6 0 0 0 0
        release  snapshots.log         0 0 0 6 0 0 0 0
        release  snapshots             6 6 6 0 0 0 0 6
        export   snapshots.tgz         6 6 6 6 6 6 6 0
        export   snapshots.tgz.part    0 0 0 0 0 0 0 0
        export   snapshots.tgz.sha256  0 0 0 0 0 0 0 0
        export   snapshots.log         0 0 0 0 0 0 0 0
        export   snapshots             0 0 0 0 0 0 0 0
        verify   snapshots.tgz         6 6 6 6 6 6 6 6
        verify   snapshots.tgz.part    0 0 0 0 0 0 0 0
        verify   snapshots.tgz.sha256  6 6 6 6 6 6 6 6
        verify   snapshots.log         0 0 0 0 0 0 0 0
        verify   snapshots             0 0 0 0 0 0 0 0
        status   snapshots.tgz         0 0 0 0 0 0 0 0
        status   snapshots.tgz.part    0 0 0 0 0 0 0 0
        status   snapshots.tgz.sha256  0 0 0 0 0 0 0 0
        status   snapshots.log         0 0 0 0 0 0 0 0
        status   snapshots             0 0 0 0 0 0 0 0
        """;

    /// <summary>The timeout of a verb, for any odd file.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static readonly AgentOptions Run = new()
    {
        Environment = Given.Variables(("OSO_SNAPSHOT_SKIP_HEAD", "yes")),
    };

    private static readonly PodOptions Pod = new()
    {
        Blocks = new BlockSet(Count: 1, SizeBytes: 1 << 16),
        ScrapesItself = false,
    };

    /// <summary>Runs each cell of a verb's rows on one pod, and lists all wrong ones.</summary>
    /// <param name="run">Puts the odd file there, runs the verb, and returns its exit status.</param>
    public static async Task JudgeAsync(string verb, Func<PrometheusPod, OddFiles, Cell, Task<int>> run)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(Pod);
        (await pod.RunAgentAsync(Run)).EndedWith(0);
        OddFiles files = await OddFiles.PrepareAsync(pod);
        StringBuilder wrong = new();
        foreach (Cell cell in Cells(verb))
        {
            if (await ProblemAsync(files, cell, () => run(pod, files, cell)) is { } problem)
            {
                wrong.Append(CultureInfo.InvariantCulture, $"{verb}, {cell.Odd} as {cell.Name}: {problem}\n");
            }
        }

        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>
    /// Lists the name, type and link count of each file with one of the agent's names. It enters no directory.
    /// </summary>
    public static Task<string> KindsAsync(PrometheusPod pod) => RootShell.RunAsync(
        """
        cd $0
        find . -maxdepth 1 -name 'snapshots*' \( -type d -printf '%P %y\n' -o -printf '%P %y %n\n' \) | sort
        """,
        pod.DataDirectory);

    private static async Task<string?> ProblemAsync(OddFiles files, Cell cell, Func<Task<int>> run)
    {
        string foreign = await files.ForeignAsync();
        try
        {
            int status = await run();
            string after = await files.ForeignAsync();
            return foreign != after ? $"foreign files were changed to\n{after}"
                : status == cell.Status ? null
                : $"status {status}, not {cell.Status}";
        }
        catch (TimeoutException)
        {
            return $"did not end within {Limit.TotalSeconds} s";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return e.Message;
        }
    }

    private static IEnumerable<Cell> Cells(string verb) =>
        from line in Statuses.Split('\n')
        let words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        where words[0] == verb
        from odd in Enum.GetValues<Odd>()
        select new Cell(words[1], odd, int.Parse(words[2 + (int)odd], CultureInfo.InvariantCulture));
}

/// <summary>An odd file, the name that it takes, and the exit status that this must have.</summary>
internal sealed record Cell(string Name, Odd Odd, int Status)
{
    /// <summary>
    /// A verb that would delete a file of another kind than the agent's own refuses before it touches anything.
    /// </summary>
    public bool IsRefused => Status != 0;
}
