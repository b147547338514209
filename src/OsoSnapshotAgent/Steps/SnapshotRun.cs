using System.Text.Json;
using OsoSnapshotAgent.AdminApi;
using OsoSnapshotAgent.Archive;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tsdb;

namespace OsoSnapshotAgent.Steps;

/// <summary>What the steps of one run have found and made, for the steps after them; and how to take it back.</summary>
internal sealed class SnapshotRun(TimeProvider time) : IDisposable
{
    private readonly long _startedAt = time.GetTimestamp();
    private TargetContainer? _target;
    private Artefacts? _artefacts;
    private PrometheusServer? _server;
    private IDeflateEngine? _engine;
    private SnapshotName? _snapshot;
    private PartialFile? _archive;
    private ArchiveManifest? _manifest;
    private VerifiedArchive? _verified;

    public TargetContainer Target
    {
        get => _target ?? throw NotYet(nameof(Target));
        set
        {
            _target = value;
            _artefacts = new(value.Data);
        }
    }

    /// <summary>What earlier runs have left in the target's data directory.</summary>
    public Artefacts Artefacts => _artefacts ?? throw NotYet(nameof(Artefacts));

    public PrometheusServer Server
    {
        get => _server ?? throw NotYet(nameof(Server));
        set => _server = value;
    }

    public SnapshotName Snapshot
    {
        get => _snapshot ?? throw NotYet(nameof(Snapshot));
        set => _snapshot = value;
    }

    /// <summary>The archive under its partial name.</summary>
    public PartialFile Archive
    {
        get => _archive ?? throw NotYet(nameof(Archive));
        set => _archive = value;
    }

    public ArchiveManifest Manifest
    {
        get => _manifest ?? throw NotYet(nameof(Manifest));
        set => _manifest = value;
    }

    public VerifiedArchive Verified
    {
        get => _verified ?? throw NotYet(nameof(Verified));
        set => _verified = value;
    }

    /// <summary>
    /// On the data directory: this run's alone until it has its snapshot, since it deletes others before; shared while it archives, when
    /// streams may run beside it. During the hold on the archive instead, so that REMOVE=yes may come but no run that would replace it.
    /// </summary>
    public FileLock? Lock { get; set; }

    /// <summary>What compresses the archive.</summary>
    public IDeflateEngine Engine
    {
        get => _engine ?? throw NotYet(nameof(Engine));
        set => _engine = value;
    }

    /// <summary>There is room for the archive beside that of an earlier run, which stays until the new one is verified.</summary>
    public bool KeepsEarlierArchive { get; set; }

    /// <summary>Prometheus has the order and has not answered: it goes on, whatever becomes of us.</summary>
    public bool IsRequestPending { get; set; }

    /// <summary>What of the snapshot does not go into the archive; null where all of it does.</summary>
    public string? LeftOut { get; set; }

    /// <summary>The samples that this Prometheus has and the snapshot can't hold; null where there are none.</summary>
    public string? MissingSamples { get; set; }

    /// <summary>Set once the archive has its final name: from then on nothing is taken back.</summary>
    public bool IsArchiveKept { get; set; }

    /// <summary>What the run ends with when no step fails.</summary>
    public ExitStatus Status { get; set; }

    /// <summary>The line for the termination message when no step fails.</summary>
    public string Summary { get; set; } = string.Empty;

    /// <summary>The class of the step at work.</summary>
    public string Step { get; set; } = "Start";

    /// <summary>Whether nothing but the operator is waited for, and how that ends.</summary>
    public Hold Hold { get; } = new();

    public TimeSpan Elapsed => time.GetElapsedTime(_startedAt);

    public RunStatus Describe() => new()
    {
        // Who reads hold-for-copy may release: not before the hold has begun.
        Phase = JsonNamingPolicy.KebabCaseLower.ConvertName(
            Step == nameof(HoldForCopy) && !Hold.IsHolding ? nameof(VerifyArchive) : Step),
        Snapshot = _snapshot?.Text,
        Blocks = _verified?.Tally.Blocks,
        From = _verified?.Tally.From,
        To = _verified?.Tally.To,
        Archive = IsArchiveKept ? Target.Data.Archive : null,
        ArchiveBytes = _manifest?.ArchiveBytes ?? (_target is null ? null : _target.Data.Directory.Find(DataDirectory.PartialName)?.SizeBytes),
        Sha256 = _manifest?.Sha256,
        ElapsedSeconds = Elapsed.TotalSeconds,
        MissingSamples = MissingSamples,
        Problems = _verified?.Damage ?? [],
    };

    /// <summary>Deletes what a run that failed has made: the partial archive, and the snapshot that would hold disk space for ever.</summary>
    public void TakeBack()
    {
        if (IsArchiveKept)
        {
            return;
        }

        _archive?.Dispose();
        if (_snapshot is not null)
        {
            Artefacts.DeleteSnapshot(_snapshot);
        }
    }

    public void Dispose()
    {
        _archive?.Dispose();
        Lock?.Dispose();
        _target?.Dispose();
    }

    private static InvalidOperationException NotYet(string name) => new($"{name} is set by an earlier step; is the order of the steps in AgentServices right?");
}
