using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>What is wrong with a backup, for the operator.</summary>
internal static class BackupDamage
{
    public static OperatorException Damaged(string problem, string remedy) =>
        new(ExitStatus.ArchiveFailed, problem, remedy);

    public static OperatorException WrongFormat(string path, int format) => Damaged(
        $"{path} has format {format}; this client knows formats up to {BackupLayout.Format}.",
        "use the client of the version that wrote it, or a later one");

    public static OperatorException CanNotRead(string path, Exception cause, ExitStatus status) => new(
        status,
        $"{path} can't be read: {Printable.Text(cause.Message)}",
        Causes.Remedy(cause, "check its permissions"),
        cause);

    public static OperatorException Busy(string path, string why) =>
        new(ExitStatus.Busy, $"{path} is in use: {why}.", "run the same command again when that has ended");
}
