using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshotCore.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;

namespace OsoSnapshotClient.Copy;

/// <summary>
/// The files of a copy: the archive, its partial file and the note beside it. One process at a time may use them.
/// </summary>
internal sealed class CopyOutput : IDisposable
{
    private readonly FileStream _lock;

    private CopyOutput(string file, FileStream @lock) =>
        (File, _lock, Note, IsPublished) = (file, @lock, CopyNote.Read(NoteOf(file)), System.IO.File.Exists(file));

    public string File { get; }

    public string Part => File + ".part";

    public CopyNote Note { get; }

    /// <summary>Whether an earlier run made the file, and was killed before it could release the agent.</summary>
    public bool IsPublished { get; }

    private static string Self => string.Create(
        CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}");

    /// <param name="output">The path from the command line: a file, a directory, or null.</param>
    /// <returns>The file for one pod's archive.</returns>
    public static string FileFor(string? output, string pod)
    {
        string name = pod + "-snapshots.tgz";
        return output is null ? name : IsDirectory(output) ? Path.Combine(output, name) : output;
    }

    /// <summary>Whether the path is a directory, or is written like one.</summary>
    public static bool IsDirectory(string output) =>
        Directory.Exists(output) || Path.EndsInDirectorySeparator(output);

    /// <summary>Finds an archive that an earlier run has made, checked and released, and reads it again.</summary>
    /// <returns>null if there is none, or it is not what its .sha256 file says.</returns>
    /// <exception cref="OperatorException">One of the files can't be read.</exception>
    public static async Task<CopyVerdict?> FindCompleteAsync(string file, CancellationToken token)
    {
        string path = file + ChecksumFile.Extension;
        if (!System.IO.File.Exists(file) || !System.IO.File.Exists(path) || System.IO.File.Exists(NoteOf(file)))
        {
            return null;
        }

        try
        {
            using FileStream checksum = System.IO.File.OpenRead(path);
            string expected = ChecksumFile.Read(checksum, path).Text;
            using FileStream archive = System.IO.File.OpenRead(file);
            CopyVerdict verdict = await CopyVerdict.StartAsync(archive).WaitAsync(token);
            return verdict.Damage is null && verdict.Sha256 == expected ? verdict : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CanNotRead(file, e);
        }
    }

    /// <exception cref="OperatorException">The file exists, is being written, or can't be written.</exception>
    public static CopyOutput Open(string file)
    {
        if (System.IO.File.Exists(file)
            && (CopyNote.Read(NoteOf(file)).Sha256 is not { } noted || noted != Sha256Of(file)))
        {
            throw new OperatorException(
                ExitStatus.Settings, $"{file} is already there.", "move it away, or choose another -o");
        }

        string part = file + ".part";
        string lockFile = part + ".lock";
        try
        {
            Directory.CreateDirectory(DirectoryOf(file));
            return new(file, new FileStream(
                lockFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException) when (System.IO.File.Exists(lockFile))
        {
            string holder = CopyNote.Read(NoteOf(file)).Holder ?? "another process";
            throw new OperatorException(
                ExitStatus.Busy,
                $"{file} is being written by {holder}.",
                "wait until that has ended, or choose another -o");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"{part} can't be written: {e.Message}",
                Causes.RemedyOr(e, "choose another -o"),
                e);
        }
    }

    /// <summary>Saves the note with this process as its holder, before what the note names is made.</summary>
    /// <exception cref="OperatorException">The note can't be written.</exception>
    public void SaveNote()
    {
        try
        {
            Note.Holder = Self;
            Note.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                Causes.Status(e, ClientStatus.Failed),
                $"{NoteOf(File)} can't be written: {e.Message}",
                Causes.RemedyOr(e, "choose another -o"),
                e);
        }
    }

    /// <summary>Deletes the partial file and the note, because no run can continue them.</summary>
    public void Forget()
    {
        System.IO.File.Delete(Part);
        Note.Delete();
    }

    /// <summary>Gives the copy its final name and a checksum file. The note stays until the release.</summary>
    /// <exception cref="OperatorException">The file can't be written; the partial file stays.</exception>
    public void Publish(string sha256)
    {
        string checksum = File + ChecksumFile.Extension;
        try
        {
            Write(checksum, ChecksumFile.Line(sha256, Path.GetFileName(File)));
            using (FileStream part = new(Part, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1))
            {
                Durable.Flush(part.SafeFileHandle, Part);
            }

            System.IO.File.Move(Part, File);
            Durable.FlushDirectory(DirectoryOf(File));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed, $"{File} can't be written: {e.Message}", $"see {Part}, which is complete", e);
        }
    }

    public void Dispose()
    {
        if (System.IO.File.Exists(Part) && new FileInfo(Part).Length == 0)
        {
            System.IO.File.Delete(Part);
        }

        _lock.Dispose();
    }

    private static string Sha256Of(string file)
    {
        try
        {
            using FileStream content = System.IO.File.OpenRead(file);
            return Convert.ToHexStringLower(SHA256.HashData(content));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CanNotRead(file, e);
        }
    }

    private static OperatorException CanNotRead(string file, Exception cause) => new(
        ClientStatus.Failed,
        $"{file} is already there, and it can't be compared with its checksum: {cause.Message}",
        "move it away, or choose another -o",
        cause);

    private static void Write(string path, byte[] content)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1);
        file.Write(content);
        Durable.Flush(file.SafeFileHandle, path);
    }

    private static string NoteOf(string file) => file + ".part.state";

    private static string DirectoryOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;
}
