using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Agents;

/// <summary>Ends a command in a container that stays silent for long, or that nobody waits for any more.</summary>
internal sealed class SilenceLimit : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _kills;

    /// <param name="token">Ends the command at once.</param>
    /// <param name="firstExtra">How much longer than later ones the first silence may last.</param>
    public SilenceLimit(
        IRemoteProcess process, TimeSpan limit, CancellationToken token, TimeSpan firstExtra = default)
    {
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(token);
        _kills = _source.Token.Register(process.Kill);
        _source.CancelAfter(limit + firstExtra);
    }

    /// <summary>Something came: the time begins anew.</summary>
    public void Heard() => _source.CancelAfter(_limit);

    public void Dispose()
    {
        _kills.Dispose();
        _source.Dispose();
    }
}
