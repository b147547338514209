using OsoSnapshotClient.Take;

namespace OsoSnapshotClient.Store;

/// <summary>
/// The note of a take in a store without locks. A client on another machine continues its run. Of two clients at a
/// time, the second joins the run of the first, and the list of one of them counts.
/// </summary>
internal sealed class StoreNote : IRunNote
{
    public StoreNote(IBackupStore store, string name) => Note = ResumePoint.Read(new NoteObject(store, name));

    public ResumePoint Note { get; }

    public void SaveNote()
    {
        Note.Holder = CopyOutput.Self;
        Note.Save();
    }

    // What was uploaded stays for the next run.
    public void Forget() => Note.Delete();

    public void Dispose()
    {
    }

    private sealed class NoteObject(IBackupStore store, string name) : INoteFile
    {
        public byte[]? Read(int maxBytes) => store.Read(name, maxBytes);

        public void Write(byte[] content) => store.Write(name, content);

        public void Delete() => store.Delete(name);
    }
}
