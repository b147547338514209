using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Server;

public sealed class TargetAccessTests : IDisposable
{
    private const ulong SysPtrace = 1UL << 19;

    private readonly TempDirectory _directory = new();
    private readonly FakeProc _proc;

    public TargetAccessTests() => _proc = new(_directory);

    [Fact]
    public void A_refusal_names_both_identities_and_what_to_write_into_the_file()
    {
        _proc.Self("1000:1000");
        ProcessInfo prometheus = Process("prometheus");

        Expect.Failure(
            () => Enter(prometheus, new UnauthorizedAccessException("/proc/1/root: Permission denied")), ExitStatus.TargetUnreachable,
            "Cannot enter /proc/1/root: Permission denied. The agent is 1000:1000 without SYS_PTRACE, Prometheus (PID 7) is 65534:2000.",
            "{\"securityContext\":{\"runAsUser\":65534,\"runAsGroup\":2000}}");
    }

    [Fact]
    public void The_same_user_with_another_group_is_told_that_both_must_match()
    {
        _proc.Self("65534:0");

        Expect.Failure(
            () => Enter(Process("prometheus"), new UnauthorizedAccessException("/proc/1/root: Permission denied")), ExitStatus.TargetUnreachable,
            "The agent is 65534:0 without SYS_PTRACE, Prometheus (PID 7) is 65534:2000.", "User and group must both be those of Prometheus.");
    }

    [Fact]
    public void The_right_identity_is_not_blamed()
    {
        _proc.Self("65534:2000", SysPtrace);

        Expect.Failure(
            () => Enter(Process("prometheus"), new UnauthorizedAccessException("/proc/1/root: Permission denied")), ExitStatus.TargetUnreachable,
            "The agent is 65534:2000 with SYS_PTRACE,", "kubectl debug … --profile=general --custom=FILE where FILE holds {\"securityContext\":{\"runAsUser\":0,\"runAsGroup\":0}}");
    }

    [Theory]
    [InlineData("65534:2000", "65534:2000")]
    [InlineData("0:0", "0:0")]
    [InlineData("1000:1000", "4200000000:4200000000")]
    public void The_termination_message_holds_the_whole_command(string ours, string identity)
    {
        _proc.Self(ours);

        OperatorException denied = new TargetAccess(_proc.FileSystem).Denied(
            "Cannot enter /proc/1/root: Permission denied.", Process("prometheus", identity));

        string told = TerminationMessage.Compose(denied.Brief, denied.Remedy);
        Assert.Matches("--custom=FILE where FILE holds {\"securityContext\":{\"runAsUser\":[0-9]+,\"runAsGroup\":[0-9]+}}[.]", told);
    }

    [Theory]
    [InlineData("65534:65534", "0:0")]
    [InlineData("0:0", "0:0")]
    [InlineData("0:0", "0:2000")]
    public void Of_a_Prometheus_that_is_root_the_one_remedy_that_works_is_told(string ours, string identity)
    {
        _proc.Self(ours);

        Expect.Failure(
            () => Enter(Process("prometheus", identity), new UnauthorizedAccessException("Permission denied")),
            ExitStatus.TargetUnreachable,
            $"The agent is {ours} without SYS_PTRACE, Prometheus (PID 7) is {identity}.",
            "Start again as root with SYS_PTRACE: kubectl debug … --profile=general --custom=FILE where FILE holds"
            + " {\"securityContext\":{\"runAsUser\":0,\"runAsGroup\":0}}.");
    }

    [Fact]
    public void A_process_that_is_no_Prometheus_is_named_as_what_it_is()
    {
        _proc.Self("1:1");

        Expect.Failure(
            () => Enter(Process("pause"), new UnauthorizedAccessException("/proc/1/root: Permission denied")), ExitStatus.TargetUnreachable,
            "Permission denied. The agent is 1:1 without SYS_PTRACE, the process pause (PID 7) is 65534:2000.", "runAsUser");
    }

    [Fact]
    public void What_is_no_question_of_identity_is_not_answered_with_identities() => Expect.Failure(
        () => Enter(Process("prometheus"), new IOException("too many levels of symbolic links")), ExitStatus.TargetUnreachable,
        "too many levels of symbolic links.", "what its data directory leads to");

    [Fact]
    public void Without_a_process_the_owner_of_the_directory_is_asked_for()
    {
        _proc.Self("1:1");

        Expect.Failure(
            () => Enter(null, new UnauthorizedAccessException("/proc/1/root: Permission denied")), ExitStatus.TargetUnreachable,
            "The agent is 1:1 without SYS_PTRACE.", "the user and group that own the data directory");
    }

    [Fact]
    public void A_bug_stays_a_bug() => Assert.Throws<InvalidOperationException>(() => Enter(null, new InvalidOperationException()));

    public void Dispose() => _directory.Dispose();

    private ProcessInfo Process(string name, string identity = "65534:2000")
    {
        _proc.Add(7, name, [$"/bin/{name}"], identity: identity);
        return _proc.FileSystem.Processes().Single();
    }

    private void Enter(ProcessInfo? process, Exception refusal) =>
        new TargetAccess(_proc.FileSystem).Enter<int>(process, () => throw refusal);
}
