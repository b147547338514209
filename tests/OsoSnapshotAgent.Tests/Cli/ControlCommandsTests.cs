using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Cli;

/// <summary>Tests the verbs status and release, with an agent's answer and without one.</summary>
public sealed class ControlCommandsTests
{
    private static readonly RunStatus Holding = new()
    {
        Phase = "hold-for-copy",
        Snapshot = SampleData.Name,
        Blocks = 2,
        From = new DateTimeOffset(2025, 8, 19, 17, 0, 0, TimeSpan.Zero),
        To = new DateTimeOffset(2025, 8, 20, 16, 51, 1, TimeSpan.Zero),
        Archive = "/proc/1/root/data/snapshots.tgz",
        ArchiveBytes = 12_345_678_901,
        Sha256 = new string('a', 64),
        ElapsedSeconds = 62.5,
        MissingSamples = "samples that came out of order",
        Problems = ["index: bad magic", "chunks/000001: too short"],
    };

    private readonly string _name = "\0oso-snapshot-test/" + Guid.NewGuid().ToString("N");

    [Fact]
    public void The_status_is_a_line_for_each_thing_that_is_known()
    {
        Assert.Equal(
            [
                "Phase       hold-for-copy",
                "Snapshot    20250820T165101Z-0eb533ff8d43ed64",
                "Blocks      2",
                "Time range  2025-08-19T17:00:00Z to 2025-08-20T16:51:01Z",
                "Archive     /proc/1/root/data/snapshots.tgz",
                "Bytes       12345678901",
                "SHA-256     " + Holding.Sha256,
                "Elapsed     1m02s",
                "Missing     samples that came out of order",
                "Problems    index: bad magic; chunks/000001: too short",
            ],
            StatusLines.Of(Holding));
        Assert.Equal(["Phase       preflight", "Elapsed     1.0s"], StatusLines.Of(new() { Phase = "preflight", ElapsedSeconds = 1 }));
    }

    [Fact]
    public void The_JSON_has_the_documented_names_and_null_for_what_is_unknown()
    {
        Assert.Equal(
            $$"""{"phase":"hold-for-copy","version":null,"client":null,"prometheusVersion":null,"snapshot":"20250820T165101Z-0eb533ff8d43ed64","headBlock":null,"blocks":2,"from":"2025-08-19T17:00:00+00:00","to":"2025-08-20T16:51:01+00:00","archive":"/proc/1/root/data/snapshots.tgz","archiveBytes":12345678901,"sha256":"{{Holding.Sha256}}","elapsedSeconds":62.5,"missingSamples":"samples that came out of order","blocksNotInSnapshot":null,"problems":["index: bad magic","chunks/000001: too short"],"end":null}""",
            JsonSerializer.Serialize(Holding, ControlJson.Default.RunStatus));
        Assert.Equal(
            """{"phase":"preflight","version":null,"client":null,"prometheusVersion":null,"snapshot":null,"headBlock":null,"blocks":null,"from":null,"to":null,"archive":null,"archiveBytes":null,"sha256":null,"elapsedSeconds":1,"missingSamples":null,"blocksNotInSnapshot":null,"problems":[],"end":null}""",
            JsonSerializer.Serialize(new() { Phase = "preflight", ElapsedSeconds = 1 }, ControlJson.Default.RunStatus));
    }

    [Fact]
    public void Without_an_agent_the_status_is_3_and_the_remedy_is_told() => IsNoAgent(AgentCall.Ask(new(_name), "status", _ => { }));

    [Theory]
    [InlineData("")]
    [InlineData("{\"run\":{\"pha")]
    public async Task A_partial_answer_of_an_agent_counts_as_none(string answer)
    {
        using Socket listener = Listen();
        Task<ControlAnswer> asking = Task.Run(() => AgentCall.Ask(new(_name), "status", _ => { }), TestContext.Current.CancellationToken);
        using (Socket client = await listener.AcceptAsync(TestContext.Current.CancellationToken))
        {
            // The request is read first, because closing a socket with unread bytes resets the connection.
            await client.ReceiveAsync(new byte[64], TestContext.Current.CancellationToken);
            await client.SendAsync(System.Text.Encoding.UTF8.GetBytes(answer), TestContext.Current.CancellationToken);
        }

        ControlAnswer made = await asking;
        Assert.Equal(ExitStatus.TargetUnreachable, (ExitStatus)made.ExitStatus);
        Assert.Equal("The agent of this container ended before it answered 'status'. The request may have been carried out.", made.Problem);
    }

    [Fact]
    public async Task An_agent_of_another_user_is_not_believed()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can start a program as another user.");
        using Process liar = Process.Start(new ProcessStartInfo("setpriv",
        [
            "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
            """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.bind('\0' + sys.argv[1])
            s.listen()
            print('ready', flush=True)
            while True:
                client = s.accept()[0]
                client.recv(64)
                client.send(b'{"exitStatus":0}')
                client.close()
            """,
            _name[1..],
        ])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", await liar.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        ControlAnswer answer = AgentCall.Ask(new(_name), "status", _ => { });

        liar.Kill();
        await liar.WaitForExitAsync(TestContext.Current.CancellationToken);
        IsNoAgent(answer);
    }

    private static void IsNoAgent(ControlAnswer answer)
    {
        Assert.Equal(ExitStatus.TargetUnreachable, (ExitStatus)answer.ExitStatus);
        Assert.Equal("No agent of this user is at work in this container.", answer.Problem);
        Assert.Contains("kubectl exec POD -c CONTAINER -- oso-snapshot", answer.Remedy, StringComparison.Ordinal);
    }

    private Socket Listen()
    {
        Socket listener = ControlSocket.Create();
        listener.Bind(new UnixDomainSocketEndPoint(_name));
        listener.Listen();
        return listener;
    }
}
