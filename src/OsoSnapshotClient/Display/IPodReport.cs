namespace OsoSnapshotClient.Display;

/// <summary>Shows the operator the work on one pod; may be used from any thread.</summary>
internal interface IPodReport
{
    /// <summary>Shows a step that began or ended.</summary>
    void Say(string line);

    /// <summary>Shows a warning or a failure, which --quiet doesn't hide.</summary>
    void Warn(string line);

    /// <summary>Shows why the work has failed.</summary>
    void Fail(string line) => Warn(line);

    /// <summary>Shows a line of the agent's own log.</summary>
    void Log(string line);

    /// <summary>Shows how far the current step is; called often.</summary>
    void Advance(PodProgress progress);

    /// <summary>Ends the current step.</summary>
    void Pause();
}

/// <summary>How far the work on a pod is.</summary>
/// <param name="Activity">Such as "copying".</param>
/// <param name="DoneBytes">The bytes so far; 0 if nothing can be counted.</param>
/// <param name="TotalBytes">All bytes of the step; null if unknown.</param>
internal readonly record struct PodProgress(string Activity, long DoneBytes, long? TotalBytes);
