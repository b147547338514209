using OsoSnapshotAgent.EndToEnd.Faults;
using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Causes;

/// <summary>Tests that the client tells the cause of a failure on its own disk, with its remedy.</summary>
public sealed class ClientCauseTests : IAsyncLifetime
{
    private const int QuotaExceeded = 122;

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-client-cause-").FullName;

    private string Archive => Path.Combine(_folder, "snapshots.tgz");

    private string Restored => Path.Combine(_folder, "restored");

    public async ValueTask InitializeAsync()
    {
        BlockGenerator.Generate(new GeneratorOptions
        {
            Directory = Path.Combine(_folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64"), BlockCount = 1, SizeBytes = 200_000, Seed = 1,
        });
        (await HostCommand.RunAsync(["tar", "czf", "snapshots.tgz", "snapshots"], _folder)).Succeeded();
    }

    public async ValueTask DisposeAsync() => await HostCommand.RunAsync(HostCommand.AsRoot("rm", "-rf", _folder));

    [Theory]
    [InlineData("write", QuotaExceeded, 5, "Raise the quota")]
    [InlineData("write", Fault.NoSpace, 5, "Free or add space")]
    [InlineData("write", Fault.InputOutputError, 1, "Look into the disk's health")]
    [InlineData("open", Fault.ReadOnlyFileSystem, 1, "mount it writable")]
    [InlineData("open", 24, 1, "Raise its limit of open files")]
    [InlineData("sync", Fault.InputOutputError, 1, "Look into the disk's health")]
    [InlineData("rename", Fault.InputOutputError, 1, "Look into the disk's health")]
    public async Task A_restore_that_fails_tells_the_cause_and_leaves_nothing(string call, int errorNumber, int status, string remedy)
    {
        CommandResult restore = await RunAsync(new(call, call == "open" ? 1 : Fault.Each, errorNumber), "/.restoring-", "restore", Archive, Restored);

        Assert.Contains("fault: " + call, restore.Error, StringComparison.Ordinal);
        Assert.Equal(status, restore.ExitStatus);
        Assert.Contains("The restore failed: ", restore.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, restore.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Restored));
    }

    [Fact]
    public async Task A_disk_that_fails_while_it_is_read_is_told()
    {
        CommandResult verify = await RunAsync(new("read", Fault.Each, Fault.InputOutputError), "snapshots.tgz", "verify", Archive);

        Assert.Equal(6, verify.ExitStatus);
        Assert.Contains("Look into the disk's health", verify.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2251799813685248")]
    [InlineData("18446744073709551615")]
    public async Task A_disk_of_eight_exbibytes_and_more_has_room(string blocks)
    {
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        (await HostCommand.RunAsync(
            ["env", .. disk.Counting().Select(one => $"{one.Key}={one.Value}"), "FAULT_BLOCKS=" + blocks, Client.Binary, "restore", Archive, Restored])).Succeeded();

        Assert.Single(Directory.GetDirectories(Restored));
    }

    private static async Task<CommandResult> RunAsync(Fault fault, string under, params string[] arguments)
    {
        using FaultyDisk disk = await FaultyDisk.CompileAsync();
        return await HostCommand.RunAsync(
            ["env", .. disk.Failing(fault).Select(one => $"{one.Key}={one.Value}"), "FAULT_UNDER=" + under, "FAULT_EXCEPT=.sha256", Client.Binary, .. arguments]);
    }
}
