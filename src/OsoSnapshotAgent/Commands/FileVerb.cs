using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Commands;

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
            return Fail(e.Status, e.Message, e.Remedy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(
                ExitStatus.ArchiveFailed,
                e.Message,
                "See whether the file is still there, and who may read it.");
        }
    }

    private static int Fail(ExitStatus status, string problem, string remedy)
    {
        Console.Error.WriteLine($"❌ {Printable.Text(problem, keepsLines: true)}\n   What to do: {remedy}");
        return (int)status;
    }
}
