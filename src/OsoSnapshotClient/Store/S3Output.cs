using OsoSnapshotClient.Take;
using OsoSnapshotCore;
using OsoSnapshotCore.Archives;

namespace OsoSnapshotClient.Store;

/// <summary>An archive's object in a bucket, with the note of an interrupted run and the checksum beside it.</summary>
internal sealed class S3Output : ICopyOutput
{
    private const string NoteExtension = ".part.state";

    private readonly S3Store _store;
    private readonly string _name;
    private readonly StoreNote _note;
    private S3Upload? _upload;

    private S3Output(S3Store store, string name)
    {
        (_store, _name) = (store, name);
        _note = new(store, name + NoteExtension);
        IsPublished = store.Find(name) is not null;
    }

    public ResumePoint Note => _note.Note;

    public string File => _store.PathOf(_name);

    public string Part => File;

    public bool IsPublished { get; }

    /// <param name="place">The address of the object, or with a slash at its end the one of its folder.</param>
    /// <exception cref="OperatorException">The object is there, or the bucket can't be used.</exception>
    public static S3Output Open(BackupPlace place, string pod, CancellationToken token)
    {
        S3Address address = S3Address.Parse(place.Path);
        string key = address.IsFolder ? $"{address.Key}{CopyOutput.FileFor(null, pod)}" : address.Key;
        S3Store store = S3Store.OpenBucket(address with { Key = string.Empty }, place.S3, token);
        try
        {
            S3Output output = new(store, key);
            return !output.IsPublished || output.IsOfNote() ? output : throw new OperatorException(
                ExitStatus.Settings, $"{output.File} is already there.", "delete it, or choose another -o");
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void SaveNote() => _note.SaveNote();

    public void Forget()
    {
        _store.Outlive();
        _upload?.Abandon();
        _note.Forget();
    }

    public long SizeBytes() => _store.Find(_name)?.SizeBytes ?? 0;

    public ICopyTarget OpenPart(long maxBytes) => _upload = _store.Upload(_name, maxBytes);

    // A bucket has room, or says that it has none.
    public void RequireRoom(long bytes)
    {
    }

    // The next upload compares each part.
    public void DropPart()
    {
    }

    public void Publish(string sha256)
    {
        _store.Write(_name + ChecksumFile.Extension, ChecksumFile.Line(sha256, BackupLayout.Split(_name).File));
        if (!_upload!.Publish())
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"{File} could not be made: another client has written or deleted it at the same time.",
                "run the same command again with another -o");
        }
    }

    // The run that the note names has made it, and was killed before it could release the agent.
    private bool IsOfNote() =>
        Note.Sha256 is { } noted && _store.Find(_name + ChecksumFile.Extension) is not null
        && ReadChecksum() == noted;

    private string ReadChecksum()
    {
        using Stream checksum = _store.Open(_name + ChecksumFile.Extension);
        return ChecksumFile.Read(checksum, File).Text;
    }

    public void Dispose()
    {
        _upload?.Dispose();
        _note.Dispose();
        _store.Dispose();
    }
}
