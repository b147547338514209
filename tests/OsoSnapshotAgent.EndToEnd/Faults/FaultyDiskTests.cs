using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Faults;

/// <summary>
/// Tests that the library counts and fails the right calls, also for a name relative to a directory's descriptor.
/// </summary>
public sealed class FaultyDiskTests : IDisposable
{
    private const string EachCall = """
        import ctypes, os, sys
        directory = os.open(sys.argv[1], os.O_RDONLY)
        os.close(os.open("file", os.O_RDWR | os.O_CREAT, dir_fd=directory))
        os.symlink("file", "link", dir_fd=directory)
        os.readlink("link", dir_fd=directory)
        os.access("file", os.R_OK, dir_fd=directory)
        os.stat("file", dir_fd=directory, follow_symlinks=False)
        os.mkdir("made", dir_fd=directory)
        os.rename("file", "renamed", src_dir_fd=directory, dst_dir_fd=directory)
        os.unlink("renamed", dir_fd=directory)
        os.fstatvfs(directory)
        # Found with dlsym, as .NET finds what it calls.
        ctypes.CDLL(None).syscall(217, directory, ctypes.create_string_buffer(4096), 4096)
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("oso-prometheus-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Calls_on_a_name_relative_to_a_descriptor_count_as_the_path_that_they_mean()
    {
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        CommandResult result = (await RunAsync(disk.Counting())).Succeeded();
        IReadOnlyDictionary<string, int> counts = FaultyDisk.Counts(result.Error);

        // One of the two calls opens the directory itself, by its path.
        Assert.Equal(2, counts["open"]);
        string[] others = ["rename", "unlink", "mkdir", "stat", "access", "readlink", "list", "statvfs"];
        Assert.All(others, call => Assert.Equal(1, counts[call]));
    }

    [Theory]
    [InlineData("open", 2)]
    [InlineData("readlink", 1)]
    [InlineData("stat", 1)]
    [InlineData("mkdir", 1)]
    [InlineData("rename", 1)]
    [InlineData("unlink", 1)]
    [InlineData("statvfs", 1)]
    public async Task A_call_relative_to_a_descriptor_fails_as_chosen(string call, int at)
    {
        using FaultyDisk disk = await FaultyDisk.CompileAsync();

        CommandResult result = await RunAsync(disk.Failing(new Fault(call, at, Fault.ReadOnlyFileSystem)));

        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
        Assert.Contains($"fault: {call} of {_directory}", result.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> RunAsync(Dictionary<string, string> variables) => HostCommand.RunAsync(
    [
        "env", .. variables.Select(variable => $"{variable.Key}={variable.Value}"), "FAULT_UNDER=" + _directory,
        "python3", "-c", EachCall, _directory,
    ]);
}
