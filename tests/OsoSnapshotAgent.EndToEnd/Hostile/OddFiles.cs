using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>The kinds of odd file that somebody may put in the place of one of the agent's files.</summary>
internal enum Odd
{
    Fifo,
    Socket,
    Device,
    Directory,
    DanglingLink,
    LinkToLink,
    LinkOut,
    HardLink,
}

/// <summary>A data directory after a run, in which an odd file takes one of the agent's names.</summary>
internal sealed class OddFiles
{
    // The device is endless. The links lead to a file, or for "snapshots" to a similar directory.
    private const string Stock = """
        mkdir -p $0/{usual,foreign/tree/20240101T000000Z-0123456789abcdef,Directory,file,tree}
        cp -a $1/snapshots* $0/usual
        echo precious | tee $0/foreign/file >$0/foreign/tree/20240101T000000Z-0123456789abcdef/file
        chmod 600 $0/foreign/file
        ln -s file $0/foreign/link; ln -s tree $0/foreign/tree-link
        mkfifo $0/Fifo; mknod $0/Device c 1 5; touch $0/Directory/file
        ln -s nowhere $0/DanglingLink; ln -s $0/foreign/link $0/file/LinkToLink; ln -s $0/foreign/file $0/file/LinkOut
        ln -s $0/foreign/tree-link $0/tree/LinkToLink; ln -s $0/foreign/tree $0/tree/LinkOut
        python3 -c 'import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind("Socket")' $0
        chown -hR --reference=$1 $0/{foreign/file,Fifo,Socket,Device,Directory,DanglingLink,file,tree}
        """;

    private const string Restore = "rm -rf $1/snapshots*; cp -a $0/usual/snapshots* $1\n";

    private const string Replace = """
        rm -rf $1/$2
        kind=file; [[ $2 != snapshots ]] || kind=tree
        case $3 in
          HardLink) ln $0/foreign/file $1/$2 ;;
          Link*) cp -a $0/$kind/$3 $1/$2 ;;
          *) cp -a $0/$3 $1/$2 ;;
        esac
        """;

    private readonly PrometheusPod _pod;
    private readonly string _stock;

    private OddFiles(PrometheusPod pod, string stock)
    {
        _pod = pod;
        _stock = stock;
    }

    /// <param name="pod">A pod in whose data directory a run has left its files.</param>
    public static async Task<OddFiles> PrepareAsync(PrometheusPod pod)
    {
        string stock = Path.Combine(pod.Root, "stock");
        await RootShell.RunAsync(Stock, stock, pod.DataDirectory);
        return new OddFiles(pod, stock);
    }

    /// <summary>Puts the odd file among the files of an earlier run, while no agent is at work.</summary>
    public Task PutAsync(string name, Odd odd) =>
        RootShell.RunAsync(Restore + Replace, _stock, _pod.DataDirectory, name, odd.ToString());

    /// <summary>Puts the odd file among the files of an agent that holds them.</summary>
    public Task ReplaceAsync(string name, Odd odd) =>
        RootShell.RunAsync(Replace, _stock, _pod.DataDirectory, name, odd.ToString());

    public Task ClearAsync() => RootShell.RunAsync("rm -rf $0/snapshots*", _pod.DataDirectory);

    /// <summary>Lists the names and contents of the files that the links lead to.</summary>
    public Task<string> ForeignAsync() => RootShell.RunAsync(
        "cd $0/foreign; find . -printf '%p %y %m %s\n' | sort; find . -type f -exec cat {} +", _stock);
}
