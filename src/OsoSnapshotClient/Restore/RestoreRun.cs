using System.Globalization;
using System.Security.Cryptography;
using OsoSnapshot.Formats;
using OsoSnapshot.Formats.Text;
using OsoSnapshot.Formats.Tsdb;
using OsoSnapshot.Formats.Verification;
using OsoSnapshotClient.Copy;

namespace OsoSnapshotClient.Restore;

/// <summary>Makes a data directory for Prometheus of an archive: all of it, or nothing.</summary>
internal sealed class RestoreRun(
    string archive,
    string directory,
    FileOwner? owner,
    TextWriter output,
    TimeProvider time)
{
    private const string NewFileSystemsOwn = "lost+found";
    private static readonly TimeSpan Spare = TimeSpan.FromDays(31);

    private string Scratch => Path.Combine(directory, ".restoring");

    /// <exception cref="OperatorException">The directory is as empty as it was.</exception>
    public void Run(CancellationToken token)
    {
        try
        {
            CheckChecksum();
            CheckDirectory();
            ArchiveContent content = CheckContent(token);
            Unpack(token);
            Tell(content.Blocks);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed($"The restore failed: {e.Message}", "see the message; nothing stays in the directory");
        }
    }

    private void CheckChecksum()
    {
        string path = archive + ChecksumFile.Extension;
        if (!File.Exists(path))
        {
            output.WriteLine($"⚠️ There is no {path} to compare with.");
            return;
        }

        using FileStream checksum = File.OpenRead(path);
        string expected = ChecksumFile.Read(checksum, path);
        using FileStream file = File.OpenRead(archive);
        string actual = Convert.ToHexStringLower(SHA256.HashData(file));
        if (actual != expected)
        {
            throw Failed($"{archive} is damaged: its SHA-256 is {actual}, not {expected}.", "copy it again");
        }

        output.WriteLine($"✅ SHA-256 as in {path}");
    }

    private void CheckDirectory()
    {
        Directory.CreateDirectory(directory);
        string[] content = [.. Directory.EnumerateFileSystemEntries(directory)
            .Where(path => Path.GetFileName(path) != NewFileSystemsOwn).Take(3)];
        if (content.Length > 0)
        {
            throw Failed(
                $"{directory} is not empty: it holds {string.Join(", ", content)}.",
                "name an empty directory; blocks of two servers in one directory can't be told apart");
        }
    }

    private ArchiveContent CheckContent(CancellationToken token)
    {
        ArchiveContent content;
        try
        {
            using FileStream file = File.OpenRead(archive);
            content = ArchiveContent.Read(file, token);
        }
        catch (InvalidDataException e)
        {
            throw Failed($"{archive} is damaged or no archive: {Printable.Text(e.Message)}", "copy it again");
        }
        catch (ForeignArchiveException e)
        {
            throw Failed(
                $"{archive} is not an archive of one snapshot: {Printable.Text(e.Message)}", $"see tar tvf {archive}");
        }

        if (content.Problems.Count > 0)
        {
            throw Failed(
                "The blocks are damaged." + string.Concat(
                    content.Problems.Select(problem => "\n   " + Printable.Text(problem))),
                "copy the archive again; if the damage is on Prometheus' own disk, restore the other blocks by hand");
        }

        long free = LocalDisk.FreeBytes(Scratch);
        return free > content.Bytes ? content : throw new OperatorException(
            ClientStatus.Failed,
            $"Not enough room: {ByteSize.Format(content.Bytes)} to unpack, {ByteSize.Format(free)} free in"
            + $" {directory}.",
            "make room, or choose another directory");
    }

    // Without the two directories above the blocks, so that Prometheus can take the directory as it is.
    private void Unpack(CancellationToken token)
    {
        List<string> made = [Scratch];
        try
        {
            Directory.CreateDirectory(Scratch);
            using (FileStream file = File.OpenRead(archive))
            using (Unpacking unpacking = new(Scratch))
            {
                ArchiveWalk.Run(file, unpacking, token);
            }

            owner?.Take(Scratch);
            foreach (string path in Directory.EnumerateFileSystemEntries(Scratch, "*", SearchOption.AllDirectories))
            {
                owner?.Take(path);
            }

            foreach (string path in Directory.EnumerateFileSystemEntries(Scratch).ToArray())
            {
                made.Add(Path.Combine(directory, Path.GetFileName(path)));
                Directory.Move(path, made[^1]);
            }

            Directory.Delete(Scratch);
            owner?.Take(directory);
        }
        catch
        {
            made.ForEach(Delete);
            throw;
        }
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    private void Tell(IReadOnlyList<AuditedBlock> blocks)
    {
        DateTimeOffset oldest = blocks.Min(block => block.Meta?.From()) ?? time.GetUtcNow();
        int days = (int)(time.GetUtcNow() - oldest + Spare).TotalDays;
        string belongs = owner is null ? string.Empty : $" (the files belong to {owner})";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            ✅ {directory} is restored. Start Prometheus on it with

              --storage.tsdb.path={Path.GetFullPath(directory)} --storage.tsdb.retention.time={days}d

            The retention time keeps the oldest block for 30 days more; a shorter one, or --storage.tsdb.retention.size,
            deletes blocks soon after the start. Its user must be able to write there{belongs}.
            Data of Prometheus 3 opens with 2.55 or later; data of 2.x with any later version.
            """));
    }

    private static OperatorException Failed(string problem, string remedy) => new(ClientStatus.Failed, problem, remedy);
}
