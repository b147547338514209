using System.CommandLine;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// Ends this process when its standard input ends. A client holds the input open: when the client or its connection is
/// gone, the kubelet closes it, even while nothing is written.
/// </summary>
internal static class InputLifeline
{
    public static Option<bool> Option() => new("--until-input-ends")
    {
        Description = "End when standard input ends or has bytes.",
    };

    /// <param name="status">The exit status of that end.</param>
    public static void Watch(bool isWanted, ExitStatus status)
    {
        if (!isWanted)
        {
            return;
        }

        Thread watch = new(() =>
        {
            using Stream input = Console.OpenStandardInput();
            input.ReadAtLeast(new byte[1], 1, throwOnEndOfStream: false);
            Environment.Exit((int)status);
        })
        {
            IsBackground = true,
            Name = "input",
        };
        watch.Start();
    }
}
