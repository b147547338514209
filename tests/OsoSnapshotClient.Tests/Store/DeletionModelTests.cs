using System.Globalization;
using System.Text;
using System.Text.Json;
using OsoSnapshotClient.Store;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// Random histories of a bucket that many clients share: takes and prunes at a time, crashes, stalls of up to 30 hours.
/// The clients' code is the product's; the bucket and its clock are in memory. Whatever happens, each list's blocks are
/// there. A seed is printed; OSO_TEST_SEED repeats it, and a soak run gives each round another one.
/// </summary>
public sealed class DeletionModelTests
{
    private const int Histories = 1_500;

    [Fact]
    public void In_no_history_a_list_loses_a_block()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), CultureInfo.InvariantCulture, out int set)
            ? set
            : Environment.TickCount & 0xFFFF;
        HistoryTally tally = new();
        for (int index = 0; index < Histories; index++)
        {
            string? fault = new History(new((seed * 1_000_003) + index), tally).Run();
            Assert.True(fault is null, $"OSO_TEST_SEED={seed}, history {index}: {fault}");
        }

        Assert.True(tally.HoldsEnough(Histories), $"{tally}");
    }
}

internal sealed record HistoryTally
{
    public int Lists { get; set; }

    public int Deleted { get; set; }

    public int Killed { get; set; }

    public int TooOld { get; set; }

    public int Renewed { get; set; }

    /// <summary>Whether the histories hold what they are for.</summary>
    public bool HoldsEnough(int histories) =>
        Lists > histories && Deleted > histories / 10 && Killed > histories / 2 && TooOld > 0 && Renewed > histories / 100;
}

/// <summary>One history. A client runs on its own thread, and only while the history gives it a step.</summary>
internal sealed class History(Random random, HistoryTally tally)
{
    private const int Clients = 14;
    private const int AtATime = 4;

    private static readonly BlockName[] Blocks =
    [
        .. Enumerable.Range(0, 4).Select(index => BlockName.TryParse($"01M8K52V000P22RBP2A062K6Y{index}", "0123456789abcdef", out BlockName name)
            ? name
            : throw new InvalidOperationException()),
    ];

    private static readonly PodName[] Pods = [PodName.TryParse("c1/a.p")!, PodName.TryParse("c2/a.p")!];

    private readonly MemoryBucket _bucket = new();
    private readonly List<Actor> _live = [];
    private readonly List<string> _log = [];
    private int _started;

    /// <returns>The first fault; null if there is none.</returns>
    public string? Run()
    {
        _bucket.Objects[MarkerFile.Name] = (MarkerFile.Content(), _bucket.Now);
        string? fault = null;
        while (fault is null && (_started < Clients || _live.Count > 0))
        {
            int choice = random.Next(100);
            if (_started < Clients && _live.Count < AtATime && choice < 10)
            {
                Start();
            }
            else if (!_live.Exists(actor => actor.IsAwake(_bucket.Now)))
            {
                _bucket.Now += TimeSpan.FromHours(random.Next(1, 30));
            }
            else if (choice < 12)
            {
                _live[random.Next(_live.Count)].Stall(_bucket.Now + TimeSpan.FromHours(random.Next(31)));
            }
            else if (choice < 18)
            {
                _bucket.Now += Pass();
            }
            else if (choice < 19)
            {
                Kill(_live[random.Next(_live.Count)]);
            }
            else
            {
                Actor actor = _live[random.Next(_live.Count)];
                Step(actor);
                if (actor.IsSlow && random.Next(3) == 0)
                {
                    actor.Stall(_bucket.Now + TimeSpan.FromHours(random.Next(31)));
                }
            }

            fault = FindFault();
        }

        foreach (Actor actor in _live.ToArray())
        {
            Kill(actor);
        }

        return fault is null ? null : $"{fault}\n{string.Join('\n', _log)}";
    }

    private TimeSpan Pass() => random.Next(40) switch
    {
        < 32 => TimeSpan.FromSeconds(random.Next(60)),
        < 36 => TimeSpan.FromMinutes(random.Next(30)),
        < 38 => TimeSpan.FromHours(random.Next(12)),
        _ => TimeSpan.FromHours(random.Next(31)),
    };

    private void Start()
    {
        int number = _started++;
        PodName pod = Pods[random.Next(Pods.Length)];
        BlockName[] wanted = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Blocks[random.Next(Blocks.Length)]).Distinct()];
        bool isPrune = random.Next(2) == 0;
        _live.Add(new(isPrune ? $"prune {number}" : $"take {number}", _bucket, isPrune ? Prune : actor => Take(actor, pod, number, wanted))
        {
            IsSlow = random.Next(3) == 0,
        });
    }

    private void Step(Actor actor)
    {
        _log.Add($"{_bucket.Now:dd HH:mm:ss} {actor.Name}");
        if (!actor.IsAwake(_bucket.Now) || !actor.Step())
        {
            return;
        }

        _live.Remove(actor);
        actor.Dispose();
        tally.TooOld += actor.Failure is MemoryBucket.TooOldException or OperatorException ? 1 : 0;
        actor.RequireExpected();
    }

    private void Kill(Actor actor)
    {
        _log.Add($"{_bucket.Now:dd HH:mm:ss} {actor.Name} is killed");
        _live.Remove(actor);
        actor.Kill();
        actor.Dispose();
        tally.Killed++;
    }

    private string? FindFault() =>
        (from list in _bucket.Objects
         where list.Key.StartsWith("snapshots/", StringComparison.Ordinal)
         from block in Blocks
         where Encoding.UTF8.GetString(list.Value.Content).Contains(block.Ulid.Text, StringComparison.Ordinal)
             && !_bucket.Objects.ContainsKey(block.Path)
         select $"{list.Key} has lost {block}").FirstOrDefault();

    private void Prune(Actor actor)
    {
        int before = _bucket.Objects.Keys.Count(name => name.EndsWith(".gz", StringComparison.Ordinal));
        new PruneRun(new("s3://memory/b"), new(Last: 1, Within: null), isTrial: false, TextWriter.Null, TimeProvider.System)
            .Run(actor.Store, CancellationToken.None);
        int after = _bucket.Objects.Keys.Count(name => name.EndsWith(".gz", StringComparison.Ordinal));
        tally.Deleted += after < before ? 1 : 0;
    }

    private void Take(Actor actor, PodName pod, int number, BlockName[] wanted)
    {
        IBackupStore store = actor.Store;
        ListCommit commit = new(store, actor.Sleep);
        commit.ClaimAsync(wanted).GetAwaiter().GetResult();
        tally.Renewed += _bucket.Objects.Any(one => one.Key.StartsWith("deleted/", StringComparison.Ordinal)
            && Encoding.UTF8.GetString(one.Value.Content).Contains(MarkStates.Wanted, StringComparison.Ordinal)) ? 1 : 0;
        foreach (BlockName block in wanted)
        {
            if (store.Find(block.Path) is null)
            {
                store.Write(block.Path, [1]);
            }
        }

        SnapshotName name = SnapshotName.TryParse($"20261101T00{number:00}00Z-0eb533ff8d43ed64", out SnapshotName? parsed)
            ? parsed
            : throw new InvalidOperationException();
        commit.Write(ManifestStore.NameOf(pod, name), List(pod, name, wanted), wanted.Select(block => new StoredBlock(block, 1, Sum)));
        tally.Lists++;
    }

    private static Sha256 Sum { get; } = Sha256.TryParse(new('0', 64), out Sha256? sum) ? sum : throw new InvalidOperationException();

    private static byte[] List(PodName pod, SnapshotName name, BlockName[] blocks) => JsonSerializer.SerializeToUtf8Bytes(
        new Manifest
        {
            Format = 2,
            Cluster = pod.Cluster,
            Pod = pod.Pod,
            Snapshot = name.Text,
            CopyStartedAt = default,
            ClientVersion = "1",
            Blocks =
            [
                .. blocks.Select(block => new BackupBlock
                {
                    Ulid = block.Ulid.Text,
                    Fingerprint = block.Fingerprint,
                    Kind = "block",
                    From = 0,
                    To = 1,
                    Bytes = 1,
                    Series = 1,
                    Samples = 1,
                    FileBytes = 1,
                    Sha256 = Sum,
                }),
            ],
        },
        BackupJson.Default.Manifest);
}

/// <summary>A client of a history.</summary>
internal sealed class Actor : IDisposable
{
    private readonly MemoryBucket _bucket;
    private readonly SemaphoreSlim _go = new(0);
    private readonly SemaphoreSlim _stopped = new(0);
    private readonly Thread _thread;
    private DateTimeOffset _asleepUntil;
    private bool _isKilled;
    private bool _hasEnded;

    public Actor(string name, MemoryBucket bucket, Action<Actor> work)
    {
        (Name, _bucket) = (name, bucket);
        Store = bucket.For(Pause);
        _thread = new(() => Work(work), maxStackSize: 256 * 1024);
        _thread.Start();
    }

    public string Name { get; }

    public IBackupStore Store { get; }

    public Exception? Failure { get; private set; }

    /// <summary>Whether it stalls for hours, again and again.</summary>
    public bool IsSlow { get; init; }

    public bool IsAwake(DateTimeOffset now) => now >= _asleepUntil;

    /// <summary>Lets the client do one call.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool Step()
    {
        _go.Release();
        _stopped.Wait();
        if (_hasEnded)
        {
            _thread.Join();
        }

        return _hasEnded;
    }

    /// <summary>Stops the client until a time.</summary>
    public void Stall(DateTimeOffset until) => _asleepUntil = until > _asleepUntil ? until : _asleepUntil;

    public void Kill()
    {
        _isKilled = true;
        Step();
    }

    public void Dispose()
    {
        _go.Dispose();
        _stopped.Dispose();
    }

    public Task Sleep(TimeSpan time)
    {
        _asleepUntil = _bucket.Now + time;
        Pause();
        return Task.CompletedTask;
    }

    /// <summary>A client ends well, or because it was too slow: its request or itself, or its list was pruned.</summary>
    public void RequireExpected()
    {
        bool isSlow = Failure is MemoryBucket.TooOldException
            || (Failure is OperatorException old
                && (old.Message.Contains("old. Blocks that it has seen", StringComparison.Ordinal)
                    || old.Message.Contains("has been deleted by prune while", StringComparison.Ordinal)));
        Assert.True(Failure is null || isSlow, $"{Name}: {Failure}");
    }

    private void Work(Action<Actor> work)
    {
        try
        {
            _go.Wait();
            if (!_isKilled)
            {
                work(this);
            }
        }
        catch (KilledException)
        {
            // The history wanted it.
        }
#pragma warning disable CA1031 // The history judges it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failure = e;
        }

        _hasEnded = true;
        _stopped.Release();
    }

    private void Pause()
    {
        _stopped.Release();
        _go.Wait();
        if (_isKilled)
        {
            throw new KilledException();
        }
    }

    private sealed class KilledException : Exception;
}
