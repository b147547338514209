namespace OsoSnapshotClient.Take;

/// <summary>What a later client continues: the note of a run, and what the run has made so far.</summary>
internal interface IRunNote : IDisposable
{
    ResumePoint Note { get; }

    /// <summary>Saves the note with this process as its holder, before what the note names is made.</summary>
    /// <exception cref="OsoSnapshotCore.OperatorException">The note can't be written.</exception>
    void SaveNote();

    /// <summary>Deletes the partial copy and the note, because no run can continue them.</summary>
    void Forget();
}

/// <summary>The place of an archive: a file, or an object of a bucket.</summary>
internal interface ICopyOutput : IRunNote
{
    /// <summary>The archive's path or address, for messages.</summary>
    string File { get; }

    /// <summary>The partial copy's path or address, for messages.</summary>
    string Part { get; }

    /// <summary>Whether an earlier run made the archive, and was killed before it could release the agent.</summary>
    bool IsPublished { get; }

    /// <returns>The size of the archive.</returns>
    long SizeBytes();

    /// <summary>Opens the partial copy of an earlier run, or creates one. The caller closes it.</summary>
    /// <param name="maxBytes">The size that the archive has at most; the largest number if it is unknown.</param>
    /// <exception cref="OsoSnapshotCore.OperatorException">It can't be written.</exception>
    ICopyTarget OpenPart(long maxBytes);

    /// <exception cref="OsoSnapshotCore.OperatorException">There is less room than needed.</exception>
    void RequireRoom(long bytes);

    /// <summary>Deletes the partial copy, so that it begins anew. The caller saves the note.</summary>
    void DropPart();

    /// <summary>Gives the copy its final name and a checksum file. The note stays until the release.</summary>
    /// <exception cref="OsoSnapshotCore.OperatorException">The copy can't be completed.</exception>
    void Publish(string sha256);
}
