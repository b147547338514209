using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>
/// The files of a copy: the archive, its partial file and the note beside it. One process at a time may use them.
/// </summary>
internal sealed class CopyOutput : ICopyOutput
{
    private const string PartExtension = SmallFile.PartExtension;
    private const string NoteExtension = PartExtension + ".state";
    private const string LockExtension = PartExtension + ".lock";
    private const string Remedy = "choose another -o";

    private readonly DirectoryHandle _directory;
    private readonly string _name;
    private readonly OutputLock _lock;
    private FileStatus? _part;

    private CopyOutput(string file, DirectoryHandle directory, OutputLock @lock)
    {
        (File, _directory, _name, _lock) = (file, directory, Path.GetFileName(file), @lock);
        Note = ResumePoint.Read(new NoteFile(directory, _name + NoteExtension));
        IsPublished = directory.Find(_name) is not null;
    }

    public string File { get; }

    public string Part => File + PartExtension;

    public ResumePoint Note { get; }

    public bool IsPublished { get; }

    private string PartName => _name + PartExtension;

    /// <summary>This process, for the clients that find its lock or its note.</summary>
    public static string Self => string.Create(
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
        DirectoryHandle.Exists(output) || Path.EndsInDirectorySeparator(output);

    /// <summary>Finds an archive that an earlier run has made, checked and released, and reads it again.</summary>
    /// <returns>null if there is none, or it is not what its .sha256 file says.</returns>
    /// <exception cref="OperatorException">One of the files can't be read.</exception>
    public static async Task<CopyVerdict?> FindCompleteAsync(string file, CancellationToken token)
    {
        if (!RegularFile.Exists(file) || RegularFile.Exists(file + NoteExtension))
        {
            return null;
        }

        try
        {
            if (ChecksumFile.ReadBeside(file) is not { } expected)
            {
                return null;
            }

            using FileStream archive = RegularFile.Open(file);
            CopyVerdict verdict = await Task.Run(() => CopyVerdict.Read(archive), token).WaitAsync(token);
            return verdict.Damage is null && verdict.Sha256 == expected.Text ? verdict : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CanNotRead(file, e);
        }
    }

    /// <exception cref="OperatorException">The file exists, is being written, or can't be written.</exception>
    public static CopyOutput Open(string file)
    {
        DirectoryHandle? directory = null;
        OutputLock? alone = null;
        CopyOutput? opened = null;
        try
        {
            directory = DirectoryHandle.OpenOrCreate(DirectoryOf(file));
            RequireAbsent(directory, file);
            alone = Lock(directory, file);
            DeleteLeftovers(directory, Path.GetFileName(file));
            opened = new(file, directory, alone);
            return opened;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CanNotWrite(file + PartExtension, e);
        }
        finally
        {
            if (opened is null)
            {
                alone?.Dispose();
                directory?.Dispose();
            }
        }
    }

    public long SizeBytes() => RegularFile.SizeOf(File);

    public void RequireRoom(long bytes) => LocalDisk.Require(Part, bytes);

    ICopyTarget ICopyOutput.OpenPart(long maxBytes) => OpenPart();

    /// <inheritdoc cref="ICopyOutput.OpenPart"/>
    /// <exception cref="OperatorException">It is no regular file, has other names, or can't be written.</exception>
    public PartFile OpenPart()
    {
        try
        {
            SafeFileHandle part = _directory.Find(PartName) is null
                ? _directory.CreateFile(PartName, DirectoryHandle.OwnerOnly)
                : _directory.OpenToChange(PartName);
            _part = _directory.StatusOf(part, PartName);
            return new(part, Part, Remedy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalDisk.CanNotWrite(Part, e, Remedy);
        }
    }

    /// <exception cref="IOException">The file can't be deleted.</exception>
    public void DropPart() => _directory.TryDeleteFile(PartName);

    public void SaveNote()
    {
        try
        {
            Note.Holder = Self;
            Note.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CanNotWrite(File + NoteExtension, e);
        }
    }

    public void Forget()
    {
        _directory.TryDeleteFile(PartName);
        Note.Delete();
    }

    /// <exception cref="OperatorException">The file can't be written; the partial file stays.</exception>
    public void Publish(string sha256)
    {
        try
        {
            SmallFile.Write(_directory, _name + ChecksumFile.Extension, ChecksumFile.Line(sha256, _name));
            using (SafeFileHandle part = _directory.OpenToChange(PartName))
            {
                RequireOurs(_directory.StatusOf(part, PartName));
                _directory.Flush(part, PartName);
            }

            _directory.Move(PartName, _directory, _name);
            _directory.Flush();
            RequireOurs(_directory.Find(_name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(
                ClientStatus.Failed, $"{File} can't be written: {e.Message}", $"see {Part}, which is complete", e);
        }
    }

    public void Dispose()
    {
        if (_directory.Find(PartName) is { IsRegularFile: true, SizeBytes: 0 })
        {
            _directory.TryDeleteFile(PartName);
        }

        _lock.Dispose();
        _directory.Dispose();
    }

    // Others may write in the directory: what was checked is what gets the name.
    private void RequireOurs(FileStatus? found)
    {
        if (found?.Identity != _part?.Identity)
        {
            throw new IOException("another process replaced the partial file");
        }
    }

    private static void RequireAbsent(DirectoryHandle directory, string file)
    {
        string name = Path.GetFileName(file);
        if (directory.Find(name) is not { } found)
        {
            return;
        }

        string? noted = found.IsRegularFile
            ? ResumePoint.Read(new NoteFile(directory, name + NoteExtension)).Sha256
            : null;
        if (noted is null || noted != Sha256Of(directory, file))
        {
            throw new OperatorException(
                ExitStatus.Settings, $"{file} is already there.", "move it away, or choose another -o");
        }
    }

    private static OutputLock Lock(DirectoryHandle directory, string file)
    {
        string name = Path.GetFileName(file);
        if (OutputLock.TryTake(directory, name + LockExtension) is { } alone)
        {
            return alone;
        }

        string holder = ResumePoint.Read(new NoteFile(directory, name + NoteExtension)).Holder ?? "another process";
        throw new OperatorException(
            ExitStatus.Busy,
            $"{file} is being written by {Printable.Short(holder)}.",
            "wait until that has ended, or choose another -o");
    }

    private static void DeleteLeftovers(DirectoryHandle directory, string name)
    {
        try
        {
            SmallFile.DeleteLeftovers(directory, name + ChecksumFile.Extension);
        }
        catch (UnauthorizedAccessException)
        {
            // Who may write in a directory need not be allowed to list it.
        }
    }

    private static string Sha256Of(DirectoryHandle directory, string file)
    {
        try
        {
            using FileStream content = directory.OpenFile(Path.GetFileName(file));
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

    private static OperatorException CanNotWrite(string path, Exception cause) => new(
        Causes.Status(cause, ClientStatus.Failed),
        $"{path} can't be written: {cause.Message}",
        Causes.RemedyOr(cause, "choose another -o"),
        cause);

    private static string DirectoryOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;
}
