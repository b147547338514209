using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Image;

/// <summary>Tests in the image the exact commands that kubectl cp runs.</summary>
public sealed class CopyCommandTests : IDisposable
{
    private const long HoleBytes = 1L << 32;

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-copy-").FullName;

    [Theory]
    [InlineData(0, "the end")]
    [InlineData(4, "end")]
    public async Task A_copy_resumes_beyond_4_GiB(long skipped, string rest)
    {
        await Podman.SkipWhereImpossibleAsync();
        await using (FileStream file = File.Create(Path.Combine(_folder, "snapshots.tgz")))
        {
            file.Position = HoleBytes;
            await file.WriteAsync("the end"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        // The stream starts with the archive's header, and tail counts from 1.
        CommandResult copy = (await Podman.RunAsync(
            "run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL", $"--volume={_folder}:/data:ro",
            "--user=0:0", "--entrypoint=sh", Podman.Image,
            "-c", $"tar cf - '/data/snapshots.tgz' | tail -c+{512 + HoleBytes + skipped + 1}")).Succeeded();

        Assert.Equal(rest, copy.Output.TrimEnd('\0'));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
