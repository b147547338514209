using System.CommandLine;
using OsoSnapshot.Formats;
using OsoSnapshotClient.Restore;
using OsoSnapshotClient.Verbs;

namespace OsoSnapshotClient.CommandLine;

/// <summary>The verbs that need no cluster.</summary>
internal static class LocalCommands
{
    public static Command Restore()
    {
        Argument<string> archive = new("ARCHIVE") { Description = "The archive, with its .sha256 beside it." };
        Argument<string> directory = new("DIRECTORY") { Description = "An empty directory; made where there is none." };
        Option<string> owner = new("--owner") { Description = "Whose the files are to be, as UID:GID." };
        Command command = new("restore", "Makes a data directory for Prometheus of an archive, after checking it.")
        {
            archive, directory, owner,
        };
        command.SetAction(arguments => Run(token =>
        {
            string? text = arguments.GetValue(owner);
            FileOwner? parsed = text is null ? null : FileOwner.TryParse(text);
            if (text is not null && (parsed is null || OperatingSystem.IsWindows()))
            {
                throw new OperatorException(
                    ExitStatus.Settings,
                    $"--owner is '{text}'.",
                    OperatingSystem.IsWindows() ? "leave it out on Windows" : "give numbers, as in 65534:65534");
            }

            new RestoreRun(
                arguments.GetRequiredValue(archive),
                arguments.GetRequiredValue(directory),
                parsed,
                Console.Out,
                TimeProvider.System).Run(token);
        }));
        return command;
    }

    public static Command Verify()
    {
        Argument<string> path = new("PATH")
        {
            Description = "An archive, a snapshot's directory or a data directory.",
        };
        Command command = new("verify", "Checks an archive or a directory of blocks, block by block.") { path };
        command.SetAction(arguments => Run(token => new VerifyRun(
            arguments.GetRequiredValue(path),
            Console.Out,
            Environment.GetEnvironmentVariable("TERM") == "dumb").Run(token)));
        return command;
    }

    private static int Run(Action<CancellationToken> action)
    {
        using EndSignal signal = new();
        try
        {
            action(signal.Token);
            return 0;
        }
        catch (OperatorException e)
        {
            return CommandErrors.Tell(e);
        }
        catch (OperationCanceledException)
        {
            return (int)signal.Status;
        }
    }
}
