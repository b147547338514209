namespace OsoSnapshot.Formats.Protocol;

/// <summary>What a run is doing, in the order in which it does it.</summary>
internal enum Phase
{
    /// <summary>Nothing has begun.</summary>
    Start,

    /// <summary>Looks for Prometheus' process and data directory.</summary>
    FindTarget,

    /// <summary>Finds out whatever could fail, before anything is deleted.</summary>
    Preflight,

    /// <summary>Deletes what earlier runs have left.</summary>
    CleanOldArchives,

    /// <summary>Waits for Prometheus to make the snapshot.</summary>
    CaptureSnapshot,

    /// <summary>Writes the archive, and reads it back while it is written.</summary>
    ArchiveSnapshot,

    /// <summary>Writes the archive to standard output.</summary>
    StreamSnapshot,

    /// <summary>Compares what was read back, and gives the archive its name.</summary>
    VerifyArchive,

    /// <summary>Waits for the operator's copy.</summary>
    HoldForCopy,

    /// <summary>Deletes every artefact, as REMOVE=yes asks for.</summary>
    RemoveSnapshot,

    /// <summary>Ends.</summary>
    Finish,
}

/// <summary>The phases' names in <c>oso-snapshot status</c>.</summary>
internal static class PhaseNames
{
    /// <returns>Such as <c>hold-for-copy</c>.</returns>
    public static string Of(Phase phase) => phase switch
    {
        Phase.Start => "start",
        Phase.FindTarget => "find-target",
        Phase.Preflight => "preflight",
        Phase.CleanOldArchives => "clean-old-archives",
        Phase.CaptureSnapshot => "capture-snapshot",
        Phase.ArchiveSnapshot => "archive-snapshot",
        Phase.StreamSnapshot => "stream-snapshot",
        Phase.VerifyArchive => "verify-archive",
        Phase.HoldForCopy => "hold-for-copy",
        Phase.RemoveSnapshot => "remove-snapshot",
        _ => "finish",
    };
}
