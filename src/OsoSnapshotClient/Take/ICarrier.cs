using OsoSnapshotClient.Agents;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Take;

/// <summary>Carries what a run makes out of the pod: to a file, to standard output, or into a store.</summary>
internal interface ICarrier : IDisposable
{
    /// <summary>The run that it needs: one of <see cref="RunKinds"/>.</summary>
    string Kind { get; }

    /// <summary>What a later run continues; null for standard output.</summary>
    IRunNote? Note { get; }

    /// <summary>Whether a later client can continue an interrupted copy.</summary>
    bool IsResumable { get; }

    /// <summary>What is complete after <see cref="CarryAsync"/>, for a message.</summary>
    string Name { get; }

    /// <param name="run">The run, which holds what is to be carried.</param>
    /// <param name="held">The run's status at that time.</param>
    /// <exception cref="OperatorException">Nothing got its final name.</exception>
    Task<CarriedCopy> CarryAsync(AgentRun run, RunStatus held, CancellationToken token);
}

/// <summary>A complete and checked copy.</summary>
/// <param name="Damage">
/// The failure to report after the release, if blocks are damaged on Prometheus' own disk; otherwise null.
/// </param>
internal sealed record CarriedCopy(PodResult Result, OperatorException? Damage)
{
    /// <returns>The failure to report for a true copy of blocks that have these problems; null without any.</returns>
    public static OperatorException? DamageOf(IReadOnlyCollection<string> problems) => problems.Count == 0
        ? null
        : new(
            ExitStatus.DamagedBlocks,
            "The archive is a true copy of blocks that are damaged on Prometheus' own disk (see above).",
            "restore it without these blocks");

    /// <returns>The result.</returns>
    /// <exception cref="CopiedException">Blocks are damaged on Prometheus' own disk.</exception>
    public PodResult Accept() => Damage is null ? Result : throw EndedBy(Damage);

    /// <param name="end">What is wrong although the copy is right.</param>
    public CopiedException EndedBy(OperatorException end) =>
        new(Result with { HasDamagedBlocks = Damage is null ? null : true }, end);
}

/// <summary>There is a right copy, and yet the status is not 0.</summary>
internal sealed class CopiedException(PodResult copy, OperatorException end)
    : OperatorException(end.Status, end.Message, end.Remedy, end)
{
    public PodResult Copy => copy;
}
