using OsoSnapshotCore;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotAgent.Cli;

/// <summary>Runs a verb that reads files, and prints its failures to standard error.</summary>
internal static class FileVerb
{
    public static int Run(Func<ExitStatus> verb)
    {
        try
        {
            return (int)verb();
        }
        catch (OperatorException e)
        {
            return CommandRun.Tell(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return CommandRun.Tell(new(
                ExitStatus.ArchiveFailed,
                e.Message,
                "See whether the file is still there, and who may read it.",
                e));
        }
    }
}
