using OsoSnapshotAgent.Archiving;

namespace OsoSnapshotAgent.Runs;

/// <summary>Where a stream's archive goes.</summary>
internal interface IStreamSink
{
    /// <exception cref="OsoSnapshotCore.OperatorException">Nobody came for the archive.</exception>
    Task<Stream> OpenAsync(CancellationToken token);

    /// <summary>Tells the reader that the archive is complete.</summary>
    void Finish(ArchiveFigures figures);
}

/// <summary>Standard output of this process.</summary>
internal sealed class StandardOutputSink : IStreamSink
{
    public Task<Stream> OpenAsync(CancellationToken token) => Task.FromResult<Stream>(new StandardOutput(token));

    public void Finish(ArchiveFigures figures)
    {
        // The end of the output is the end of the archive.
    }
}
