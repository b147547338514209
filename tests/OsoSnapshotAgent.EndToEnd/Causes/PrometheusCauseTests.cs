using System.Diagnostics;
using System.Globalization;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Causes;

/// <summary>
/// Tests that the cause at the end of Prometheus' own message gets its own remedy. Each real cause is made on the
/// volume, or by strace in the server's system calls.
/// </summary>
public sealed class PrometheusCauseTests
{
    private static readonly PodOptions WithBlocks = new() { Blocks = new BlockSet() };

    [Theory]
    [InlineData("rm $1/tombstones", "a block has no file tombstones", "/tombstones: no such file or directory", "Copy the file tombstones")]
    [InlineData("mv $1/chunks $1/gone", "a block has no directory chunks", "/chunks: no such file or directory", "Restore its chunks")]
    [InlineData("chown -R 4242:4242 $1", "Prometheus may not hard-link a block's file", ": operation not permitted", "give it to Prometheus' user (chown)")]
    [InlineData(
        "cp -a $1/chunks $1/copy; mount -t tmpfs none $1/chunks; cp -a $1/copy/. $1/chunks; chmod 755 $1/chunks",
        "a block lies on another file system", ": invalid cross-device link", "Unmount what is mounted")]
    public async Task What_is_wrong_with_a_block_is_told_with_its_remedy(string damage, string means, string end, string remedy)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks);
await InPodAsync(pod, $"set -- $(ls -d 0* | head -n 1); {damage}");

        AgentResult result = await pod.RunAgentAsync();

        string told = result.Output;
        Assert.True(result.ExitStatus is 4 or 6, told);
        Assert.Contains(means, told, StringComparison.Ordinal);
        Assert.Contains(end, told, StringComparison.Ordinal);
        Assert.Contains("What to do: ", told, StringComparison.Ordinal);
        Assert.Contains(remedy, told, StringComparison.Ordinal);
        Assert.DoesNotContain("Read Prometheus' own log", told, StringComparison.Ordinal);
        Assert.DoesNotContain("SYS_PTRACE", told[told.IndexOf("What to do", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EDQUOT", 5, "the disk quota is used up", "Raise the quota")]
    [InlineData("ENOSPC", 5, "Prometheus has no room for the snapshot", "Free space on the volume")]
    [InlineData("EROFS", 4, "the file system is read-only", "mount it writable")]
    [InlineData("EIO", 4, "the disk failed", "Look into the disk's health")]
    [InlineData("EMFILE", 4, "the process has too many open files", "ulimit -n")]
    [InlineData("ENFILE", 4, "the machine has too many open files", "fs.file-max")]
    [InlineData("EACCES", 4, "permission denied", "See who owns the file")]
    [InlineData("EXDEV", 6, "a block lies on another file system", "Unmount what is mounted")]
    [InlineData("EPERM", 4, "Prometheus may not hard-link a block's file", "fs.protected_hardlinks")]
    public async Task An_error_of_the_system_in_Prometheus_is_told_with_its_remedy(string error, int status, string means, string remedy)
    {
        await using PrometheusPod pod = await PrometheusPod.StartAsync(WithBlocks);
        await using Injection injection = await Injection.StartAsync(pod, "linkat", error);

        AgentResult result = (await pod.RunAgentAsync()).EndedWith(status);

        Assert.Contains(means, result.Output, StringComparison.Ordinal);
        Assert.Contains(remedy, result.Output, StringComparison.Ordinal);
        Assert.Contains(remedy, result.TerminationMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("Read Prometheus' own log", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(pod.DataDirectory, "snapshots")) && Directory.GetDirectories(Path.Combine(pod.DataDirectory, "snapshots")).Length > 0);
    }

    // Runs in the data directory as root, so that a mount appears in the pod's mount namespace alone.
    internal static async Task InPodAsync(PrometheusPod pod, string script) => (await HostCommand.RunAsync(HostCommand.AsRoot(
        "nsenter", "--target", pod.FirstProcessId.ToString(CultureInfo.InvariantCulture), "--mount",
        "bash", "-ec", $"cd '{pod.DataDirectory}'; {script}"))).Succeeded();

    /// <summary>Makes a system call of Prometheus fail as the kernel would.</summary>
    private sealed class Injection : IAsyncDisposable
    {
        private readonly Process _strace;

        private Injection(Process strace) => _strace = strace;

        public static async Task<Injection> StartAsync(PrometheusPod pod, string call, string error)
        {
            Process strace = HostCommand.Start(HostCommand.AsRoot(
                "strace", "-f", "-p", pod.FirstProcessId.ToString(CultureInfo.InvariantCulture), "-e", "trace=" + call, "-e", $"inject={call}:error={error}"));
            string? line = await strace.StandardError.ReadLineAsync();
            Assert.Contains("attached", line, StringComparison.Ordinal);
            _ = strace.StandardError.ReadToEndAsync();
            return new(strace);
        }

        public async ValueTask DisposeAsync()
        {
            await HostCommand.RunAsync(HostCommand.AsRoot("kill", "-INT", _strace.Id.ToString(CultureInfo.InvariantCulture)));
            await _strace.WaitForExitAsync();
            _strace.Dispose();
        }
    }
}
