namespace OsoSnapshotClient.Progress;

/// <summary>What the operator sees of the work on one pod; may be used from any thread.</summary>
internal interface IPodReport
{
    /// <summary>A step, done or begun.</summary>
    void Say(string line);

    /// <summary>What must be seen: a warning, a failure.</summary>
    void Warn(string line);

    /// <summary>A line of the agent's own log.</summary>
    void Log(string line);

    /// <summary>How far it is; called often.</summary>
    void Advance(PodProgress progress);

    /// <summary>Whatever was advancing is over.</summary>
    void Pause();
}

/// <summary>How far the work on a pod is.</summary>
/// <param name="Activity">Such as "copying".</param>
/// <param name="DoneBytes">0 where nothing can be counted.</param>
/// <param name="TotalBytes">null where it isn't known.</param>
internal readonly record struct PodProgress(string Activity, long DoneBytes, long? TotalBytes);
