using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Cli;

/// <summary>Tests start through a real socket, with an agent that waits.</summary>
public sealed class StartCommandTests : IDisposable
{
    private const string Request = """{"run":"run","kind":"archive"}""";

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();
    private readonly FakeLauncher _launcher;
    private readonly WaitingAgent _agent;
    private readonly ControlServer _server;
    private readonly UnixDomainSocketEndPoint _endPoint = new("\0oso-snapshot-test/" + Guid.NewGuid().ToString("N"));

    public StartCommandTests()
    {
        _launcher = new(_time);
        _agent = new(isResident: false, _launcher, _time);
        _server = new(_agent, _time, _ => { });
        Assert.True(_server.Start(_endPoint));
    }

    [Fact]
    public async Task A_request_begins_a_run_though_the_input_does_not_end()
    {
        using AnonymousPipeServerStream writer = new(PipeDirection.Out);
        using AnonymousPipeClientStream reader = new(PipeDirection.In, writer.ClientSafePipeHandle);
        await writer.WriteAsync(Encoding.ASCII.GetBytes($"{Request.Length}\n{Request}"), TestContext.Current.CancellationToken);

        ControlAnswer answer = await StartCommand.AskAsync(_endPoint, reader, Long);

        Assert.Equal((0, "run"), (answer.ExitStatus, answer.Run?.Client));
        Assert.Equal("run", Assert.Single(_launcher.Begun).Run);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("30")]
    [InlineData("31\n" + Request)]
    [InlineData("-1\n" + Request)]
    [InlineData("0x1e\n" + Request)]
    [InlineData("1048577\n" + Request)]
    [InlineData("99999999999999\n" + Request)]
    [InlineData("12345678901234567890" + Request)]
    [InlineData("5\n" + Request)]
    [InlineData("0\n")]
    public async Task Input_that_is_no_request_begins_no_run_and_the_agent_goes_on_waiting(string input)
    {
        ControlAnswer answer = await StartCommand.AskAsync(_endPoint, new MemoryStream(Encoding.ASCII.GetBytes(input)), Long);

        Assert.Equal(ExitStatus.Settings, (ExitStatus)answer.ExitStatus);
        Assert.NotNull(answer.Problem);
        Assert.NotNull(answer.Remedy);
        Assert.Empty(_launcher.Begun);
        Assert.Equal("wait", AgentCall.Ask(_endPoint, "status", _ => { }).Run?.Phase);
    }

    [Fact]
    public async Task Endless_and_slow_input_is_given_up()
    {
        using AnonymousPipeServerStream writer = new(PipeDirection.Out);
        using AnonymousPipeClientStream reader = new(PipeDirection.In, writer.ClientSafePipeHandle);
        await writer.WriteAsync("1000\n{"u8.ToArray(), TestContext.Current.CancellationToken);

        ControlAnswer answer = await StartCommand.AskAsync(_endPoint, reader, TimeSpan.FromSeconds(0.2));

        Assert.Equal(ExitStatus.Settings, (ExitStatus)answer.ExitStatus);
        writer.Close();
        ControlAnswer endless = await StartCommand.AskAsync(_endPoint, Stream.Synchronized(new EndlessStream()), Long);
        Assert.Equal(ExitStatus.Settings, (ExitStatus)endless.ExitStatus);
        Assert.Empty(_launcher.Begun);
    }

    [Fact]
    public async Task Without_an_agent_the_status_is_3()
    {
        ControlAnswer answer = await StartCommand.AskAsync(
            new("\0oso-snapshot-test/none"), new MemoryStream(Encoding.ASCII.GetBytes($"{Request.Length}\n{Request}")), Long);

        Assert.Equal(ExitStatus.TargetUnreachable, (ExitStatus)answer.ExitStatus);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("start 1048577\n")]
    [InlineData("start -1\n")]
    [InlineData("follow\n")]
    [InlineData("follow x\n")]
    [InlineData("follow 0 A_B\n")]
    [InlineData("follow 0 run more\n")]
    public void A_client_that_breaks_the_rules_of_the_socket_begins_no_run(string request)
    {
        using (Socket socket = ControlSocket.Create())
        {
            socket.Connect(_endPoint);
            socket.Send(Encoding.ASCII.GetBytes(request));
        }

        Assert.Equal("wait", AgentCall.Ask(_endPoint, "status", _ => { }).Run?.Phase);
        Assert.Empty(_launcher.Begun);
    }

    public void Dispose()
    {
        _server.Dispose();
        _launcher.Dispose();
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'1');
            return buffer.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
