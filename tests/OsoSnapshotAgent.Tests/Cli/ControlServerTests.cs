using System.Net.Sockets;
using System.Text;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Cli;

/// <summary>Tests the verbs status and release through a real socket.</summary>
public sealed class ControlServerTests : IDisposable
{
    // This is Debian's Python. Another user may not enter the folder of a Python that a user has installed.
    private const string Python = "/usr/bin/python3";

    private static readonly string[] Artefacts = ["snapshots/", "snapshots.log", "snapshots.tgz.sha256", "snapshots.tgz"];

    private readonly TempDirectory _directory = new();
    private readonly Agent _agent;
    private readonly ControlServer _server;
    private readonly string _name = "oso-snapshot-test/" + Guid.NewGuid().ToString("N");

    public ControlServerTests()
    {
        _directory.Make("wal");
        foreach (string artefact in Artefacts[1..])
        {
            _directory.Write(artefact, artefact);
        }

        _directory.Make("snapshots/20250820T165101Z-0eb533ff8d43ed64");
        _agent = new(_directory, new AgentSettings());
        _server = Server(_agent);
        _server.Start(EndPoint);
    }

    private UnixDomainSocketEndPoint EndPoint => new("\0" + _name);

    [Fact]
    public void Status_tells_the_step_at_work()
    {
        _agent.State.Enter(Phase.ArchiveSnapshot);

        ControlAnswer answer = Ask("status");

        Assert.Equal((ExitStatus.Done, "archive-snapshot"), ((ExitStatus)answer.ExitStatus, answer.Run?.Phase));
        Assert.Null(answer.Problem);
    }

    [Theory]
    [InlineData("release")]
    [InlineData("remove")]
    public void Before_the_hold_nothing_is_released_and_nothing_removed(string request)
    {
        _agent.State.Enter(Phase.VerifyArchive);

        ControlAnswer answer = Ask(request);

        Assert.Equal(ExitStatus.Busy, (ExitStatus)answer.ExitStatus);
        Assert.Equal("The agent does not wait for the copy yet: it is at verify-archive.", answer.Problem);
        Assert.Contains("hold-for-copy", answer.Remedy, StringComparison.Ordinal);
        Assert.False(_agent.State.Hold.IsReleased);
        Assert.True(File.Exists(_directory.PathOf("snapshots.tgz")));
    }

    [Fact]
    public void Release_ends_the_hold_and_keeps_everything()
    {
        _agent.State.Hold.Begin(_agent.Target.Data);

        ControlAnswer answer = Ask("release");

        Assert.Equal((ExitStatus.Done, true), ((ExitStatus)answer.ExitStatus, _agent.State.Hold.IsReleased));
        Assert.Empty(answer.Removed);
        Assert.True(File.Exists(_directory.PathOf("snapshots.tgz")));
    }

    [Fact]
    public void Remove_takes_the_artefacts_away_and_ends_the_hold()
    {
        _agent.State.Hold.Begin(_agent.Target.Data);

        ControlAnswer answer = Ask("remove");

        Assert.Equal((ExitStatus.Done, true), ((ExitStatus)answer.ExitStatus, _agent.State.Hold.IsReleased));
        Assert.Equal(Artefacts, answer.Removed);
        Assert.Equal(["wal/"], _directory.Content());
    }

    [Fact]
    public void Remove_leaves_an_earlier_archive_to_a_run_that_made_none()
    {
        _agent.State.Hold.Begin(_agent.Target.Data, hasArchive: false);

        ControlAnswer answer = Ask("remove");

        Assert.Equal((ExitStatus.Done, true), ((ExitStatus)answer.ExitStatus, _agent.State.Hold.IsReleased));
        Assert.Equal(["snapshots/"], answer.Removed);
        Assert.Equal(Artefacts.Where(name => name != "snapshots/").Append("wal/").Order(), _directory.Content().Order());
    }

    [Fact]
    public void What_cannot_be_removed_is_told_and_the_next_request_is_answered_too()
    {
        _agent.State.Hold.Begin(_agent.Target.Data);

        _directory.Make("snapshots/" + string.Join('/', Enumerable.Repeat("deep", DirectoryTree.MaxDepth + 1)));

        ControlAnswer answer = Ask("remove");

        Assert.Equal((ExitStatus.ArchiveFailed, false), ((ExitStatus)answer.ExitStatus, _agent.State.Hold.IsReleased));
        Assert.Contains("snapshots can't be deleted", answer.Problem, StringComparison.Ordinal);
        Assert.NotNull(Ask("status").Run);
        SystemTool.Output("rm", "-r", _directory.PathOf("snapshots"));
    }

    [Fact]
    public void Remove_leaves_another_run_alone()
    {
        _agent.State.Hold.Begin(_agent.Target.Data);
        using FileLock? other = _directory.Open().TryLock(isShared: false);
        Assert.NotNull(other);

        ControlAnswer answer = Ask("remove");

        Assert.Equal((ExitStatus.Busy, false), ((ExitStatus)answer.ExitStatus, _agent.State.Hold.IsReleased));
        Assert.Contains("Another run is at work", answer.Problem, StringComparison.Ordinal);
        Assert.True(File.Exists(_directory.PathOf("snapshots.tgz")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("STATUS")]
    [InlineData("release --remove")]
    [InlineData("\u0001\u001b[2J\0status")]
    public void A_garbage_request_is_refused_and_the_next_is_served(string request)
    {
        _agent.State.Hold.Begin(_agent.Target.Data);

        ControlAnswer answer = Ask(request);

        Assert.Equal((ExitStatus.Busy, false), ((ExitStatus)answer.ExitStatus, _agent.State.Hold.IsReleased));
        Assert.Contains("is unknown to oso-snapshot", answer.Problem, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.Done, (ExitStatus)Ask("status").ExitStatus);
    }

    [Fact]
    public void A_request_that_is_too_long_or_no_text_does_no_harm()
    {
        using Socket socket = Connect();
        socket.Send([.. Encoding.UTF8.GetBytes("release"), .. Enumerable.Repeat((byte)0xff, 100_000)]);

        Assert.Equal(ExitStatus.Done, (ExitStatus)Ask("status").ExitStatus);
        Assert.False(_agent.State.Hold.IsReleased);
    }

    [Fact]
    public async Task A_silent_client_does_not_delay_others_for_long()
    {
        // Only this server has a short timeout. On a busy machine, a short one would end honest requests too.
        UnixDomainSocketEndPoint endPoint = new("\0" + _name + "-short");
        using ControlServer server = new(_agent.Get<IAgent>(), TimeProvider.System, _ => { }) { Timeout = TimeSpan.FromSeconds(2) };
        server.Start(endPoint);
        using Socket silent = ControlSocket.Create();
        await silent.ConnectAsync(endPoint, TestContext.Current.CancellationToken);

        ControlAnswer answer = await Task.Run(() => AgentCall.Ask(endPoint, "status", _ => { }))
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Equal(ExitStatus.Done, (ExitStatus)answer.ExitStatus);
        Assert.Equal(0, silent.Receive(new byte[1]));
    }

    [Fact]
    public void A_client_that_leaves_before_the_answer_does_no_harm()
    {
        Connect().Dispose();
        using (Socket socket = Connect())
        {
            socket.Send("status\n"u8);
        }

        Assert.Equal(ExitStatus.Done, (ExitStatus)Ask("status").ExitStatus);
    }

    [Fact]
    public void A_second_agent_of_the_same_container_leaves_the_first_in_its_place()
    {
        using Agent other = new(_directory, new AgentSettings());
        using (ControlServer second = Server(other))
        {
            second.Start(EndPoint);
            other.State.Enter(Phase.Finish);
            Assert.Equal("start", Ask("status").Run?.Phase);
        }

        Assert.Equal("start", Ask("status").Run?.Phase);
    }

    [Fact]
    public void Another_user_gets_no_answer()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can start a program as another user.");

        (int status, string output, string error) = SystemTool.Run(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Python, "-c",
            """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect('\0' + sys.argv[1])
            try:
                s.send(b'status\n')
                print(s.recv(9999))
            except OSError:
                # The server has hung up unread.
                print(b'')
            """,
            _name);

        Assert.True(status == 0, error);
        Assert.Equal("b''\n", output);
        Assert.Equal(ExitStatus.Done, (ExitStatus)Ask("status").ExitStatus);
    }

    public void Dispose()
    {
        _server.Dispose();
        _agent.Dispose();
        _directory.Dispose();
    }

    private static ControlServer Server(Agent agent) =>
        new(agent.Get<IAgent>(), TimeProvider.System, problem => agent.Get<Transcript>().Warning(LogId.NoControlSocket, problem));

    private Socket Connect()
    {
        Socket socket = ControlSocket.Create();
        socket.Connect(EndPoint);
        return socket;
    }

    private ControlAnswer Ask(string request) => AgentCall.Ask(EndPoint, request, _ => { });
}
