namespace OsoSnapshotCore.Protocol;

/// <summary>What a run does at the moment. The phases are in the order of a run.</summary>
internal enum Phase
{
    /// <summary>The agent waits for <c>oso-snapshot start</c>: there is no run.</summary>
    Wait,

    /// <summary>The run has not begun.</summary>
    Start,

    /// <summary>The run looks for Prometheus' process and data directory.</summary>
    FindTarget,

    /// <summary>The run checks everything that may fail, before anything is deleted.</summary>
    Preflight,

    /// <summary>The run deletes what earlier runs have left.</summary>
    CleanOldArchives,

    /// <summary>The run waits for Prometheus to make the snapshot.</summary>
    CaptureSnapshot,

    /// <summary>The run writes the archive and reads it back.</summary>
    ArchiveSnapshot,

    /// <summary>The run writes the archive to standard output.</summary>
    StreamSnapshot,

    /// <summary>The run compares what it has read back, and gives the archive its name.</summary>
    VerifyArchive,

    /// <summary>The run waits for the operator's copy.</summary>
    HoldForCopy,

    /// <summary>The run deletes every artefact, for REMOVE=yes.</summary>
    RemoveSnapshot,

    /// <summary>The run receives blocks, and puts them into the data directory.</summary>
    ReceiveBlocks,

    /// <summary>The run waits until Prometheus has loaded the blocks.</summary>
    LoadBlocks,

    /// <summary>The run ends.</summary>
    Finish,
}

/// <summary>The names of the phases in <c>oso-snapshot status</c>.</summary>
internal static class PhaseNames
{
    public static bool IsKnown(string name) => Array.Exists(Enum.GetValues<Phase>(), phase => Of(phase) == name);

    /// <returns>A name such as <c>hold-for-copy</c>.</returns>
    public static string Of(Phase phase) => phase switch
    {
        Phase.Wait => "wait",
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
        Phase.ReceiveBlocks => "receive-blocks",
        Phase.LoadBlocks => "load-blocks",
        _ => "finish",
    };
}
