using OsoSnapshotClient.Store;
using OsoSnapshotClient.Take;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// A bucket in memory with its own clock. Each call first asks a step, which may stop the caller for
/// any time, for ever, or end it. What was prepared is refused when it is older than a store accepts.
/// </summary>
internal sealed class MemoryBucket
{
    public Dictionary<string, (byte[] Content, DateTimeOffset At)> Objects { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset Now { get; set; } = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    public IBackupStore For(Action step) => new Client(this, step);

    /// <summary>The request was too old for the store.</summary>
    internal sealed class TooOldException : Exception;

    private sealed class Client(MemoryBucket bucket, Action step) : IBackupStore
    {
        public string Path => "s3://memory/b";

        public bool HasLock => false;

        public int MaxReads => 1;

        public DateTimeOffset Now()
        {
            step();
            return bucket.Now;
        }

        public IEnumerable<StoredFile> Files(string folder)
        {
            step();
            return
            [
                .. from one in bucket.Objects
                   where one.Key.StartsWith(folder + "/", StringComparison.Ordinal)
                   let name = one.Key[(folder.Length + 1)..]
                   where !name.Contains('/', StringComparison.Ordinal)
                   select new StoredFile(name, one.Value.Content.Length, one.Value.At),
            ];
        }

        public IEnumerable<string> Folders(string folder)
        {
            step();
            return
            [
                .. (from key in bucket.Objects.Keys
                    where key.StartsWith(folder + "/", StringComparison.Ordinal)
                    let name = key[(folder.Length + 1)..]
                    where name.Contains('/', StringComparison.Ordinal)
                    select name[..name.IndexOf('/', StringComparison.Ordinal)]).Distinct(),
            ];
        }

        public StoredFile? Find(string name)
        {
            step();
            return bucket.Objects.TryGetValue(name, out var found)
                ? new(name[(name.LastIndexOf('/') + 1)..], found.Content.Length, found.At)
                : null;
        }

        public Stream Open(string name) => new MemoryStream(Read(name, int.MaxValue) ?? throw new FileNotFoundException(name));

        public byte[]? Read(string name, int maxBytes)
        {
            step();
            return bucket.Objects.TryGetValue(name, out var found) ? found.Content : null;
        }

        public void Write(string name, byte[] content)
        {
            step();
            bucket.Objects[name] = (content, bucket.Now);
        }

        public Func<bool> PrepareCreate(string name, byte[] content)
        {
            DateTimeOffset signedAt = bucket.Now;
            return () =>
            {
                Accept(signedAt);
                return bucket.Objects.TryAdd(name, (content, bucket.Now));
            };
        }

        public Action PrepareDelete(string name)
        {
            DateTimeOffset signedAt = bucket.Now;
            return () =>
            {
                Accept(signedAt);
                bucket.Objects.Remove(name);
            };
        }

        public IBlockPart? TryOpenPart(BlockName block, long contentBytes) => throw new NotSupportedException();

        public IRunNote OpenNote(PodName pod) => throw new NotSupportedException();

        public IReadOnlyList<StalePart> FindStale(TimeProvider time) => [];

        public void Dispose()
        {
        }

        private void Accept(DateTimeOffset signedAt)
        {
            step();
            if (bucket.Now - signedAt > DeletionMarks.RequestLife)
            {
                throw new TooOldException();
            }
        }
    }
}
