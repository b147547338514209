using System.CommandLine;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cli;
using OsoSnapshotClient.Cluster;
using OsoSnapshotClient.Runs;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Cli;

public sealed class OptionTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("take")]
    [InlineData("take pod")]
    [InlineData("take pod/prom-0 --run-as 1000:2000")]
    [InlineData("take sts/prom --run-as 1000")]
    [InlineData("take deploy/prom --exec websocket")]
    [InlineData("--exec kubectl take")]
    [InlineData("take --exec auto --all-pods -o x/")]
    [InlineData("take -A --into B")]
    [InlineData("status --all-namespaces")]
    [InlineData("doctor")]
    [InlineData("doctor pod --inside -o json")]
    [InlineData("doctor --inside --service host --env A=1 --since 24h --skip-head")]
    [InlineData("remove pod --resident --image i --env A=1 -o json -v")]
    [InlineData("cancel -A -o json -q")]
    [InlineData("status pod --target c --all")]
    [InlineData("list --target c --parallel 3")]
    [InlineData("status --image i --since 24h -q")]
    [InlineData("list --skip-head -v --progress plain")]
    [InlineData("remove --until 24h")]
    [InlineData("cancel --env A=1 -v")]
    [InlineData("prune B --keep-last 7 --keep-within 30d --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --dry-run")]
    [InlineData("protect B 20261122T112657Z-0eb533ff8d43ed64 --pod c1/oso.prom")]
    [InlineData("unprotect s3://b/p 20261122T112657Z-0eb533ff8d43ed64 --s3-region eu-central-1")]
    [InlineData("verify s3://b/p --deep")]
    [InlineData("restore s3://b/p --into prom-0 --direct")]
    [InlineData("restore s3://b/p --into prom-0 --direct=only --s3-ca-file ca.pem")]
    [InlineData("verify B --new")]
    [InlineData("drill B --like sts/prom -n oso --image i --memory 512Mi --run-as 1000:2000")]
    [InlineData("drill B --prometheus-image x/prometheus:v3 --prometheus /bin/prometheus -q")]
    [InlineData("take -l app=x --parallel 3")]
    [InlineData("take --metrics-file m.prom --push https://push.example.com/prefix")]
    public void A_line_of_this_version_is_understood(string line) => Assert.Empty(Parse(line).Errors);

    [Theory]
    [InlineData("take pod --chunk 64")]
    [InlineData("take pod --profile restricted")]
    [InlineData("take pod --run-as root")]
    [InlineData("take pod --run-as 1:2:3")]
    [InlineData("take pod --run-as 2147483648")]
    [InlineData("take pod --run-as")]
    [InlineData("take pod --exec spdy")]
    [InlineData("take pod --exec websocket --exec kubectl")]
    [InlineData("take rs/prom")]
    [InlineData("status --inside")]
    [InlineData("status -o json")]
    [InlineData("remove -o file")]
    [InlineData("doctor -o dir/")]
    [InlineData("drill B --like prom --target c")]
    [InlineData("restore --all-pods a b")]
    [InlineData("status --metrics-file m.prom")]
    [InlineData("prune B --keep-daily 0")]
    [InlineData("drill B --like rs/prom")]
    [InlineData("drill B --like prom --memory 4G")]
    [InlineData("drill B --like prom --service host")]
    [InlineData("prune B --keep-weekly 4w")]
    public void An_option_that_is_gone_or_a_wrong_value_is_refused(string line) =>
        Assert.NotEmpty(Parse(line).Errors);

    [Fact]
    public void A_command_that_a_message_recommends_is_understood()
    {
        PodAccess access = Recorded.Access(new RecordedExec());
        string[] commands =
        [
            access.Command("status"), access.Command("cancel"), access.RemoveCommand(), access.RemoveCommand(endsResident: true),
        ];

        Assert.All(commands, command => Assert.Empty(Parse(command[ClientCommandLine.Program.Length..]).Errors));
    }

    [Theory]
    [InlineData("http://oso:secret@push.example.com")]
    [InlineData("http://oso:secret@push.example.com:port")]
    [InlineData("ftp://oso:secret@push.example.com")]
    [InlineData("https://push.example.com?key=secret")]
    public void A_Pushgateway_s_address_on_a_command_line_may_hold_no_password_and_no_message_shows_one(string address)
    {
        string[] errors = [.. Parse($"take --push {address}").Errors.Select(error => error.Message)];

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.DoesNotContain("secret", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", null, true)]
    [InlineData("prom-0", "prom-0", true)]
    [InlineData("sts/prom", "sts/prom", true)]
    [InlineData("--all-pods", null, false)]
    [InlineData("-A", null, false)]
    [InlineData("-l app=x", null, false)]
    public void The_pods_are_those_that_the_line_names(string line, string? named, bool isOne)
    {
        PodChoice choice = ReadPods(line);

        Assert.Equal((named, isOne, 2), (choice.Named, choice.IsOne, choice.Parallel));
    }

    [Fact]
    public void A_verb_that_changes_nothing_looks_at_all_pods() => Assert.True(ReadPods(string.Empty, looksOnly: true).IsAll);

    [Theory]
    [InlineData("one two")]
    [InlineData("one --all-pods")]
    [InlineData("one -A")]
    [InlineData("one -l app=x")]
    public void One_pod_and_several_exclude_each_other(string line) =>
        Assert.Equal(ExitStatus.Settings, Assert.Throws<OperatorException>(() => ReadPods(line)).Status);

    [Theory]
    [InlineData("", ExecWay.Auto)]
    [InlineData("--exec auto", ExecWay.Auto)]
    [InlineData("--exec websocket", ExecWay.WebSocket)]
    [InlineData("--exec kubectl", ExecWay.Kubectl)]
    public void The_way_of_commands_is_chosen(string line, object way)
    {
        KubectlOptions kubectl = new();
        RootCommand root = [.. kubectl.All];

        ClusterOptions options = kubectl.Connection(root.Parse(line + " -n oso"));

        Assert.Equal(way, options.Way);
        Assert.Equal(["-n", "oso"], options.Flags);
    }

    [Fact]
    public void An_agents_settings_identity_and_partial_container_are_read()
    {
        File.WriteAllText(_file, """{"securityContext": {"runAsUser": null}}""");

        StartOptions start = ReadAgent(
            $"--image i --target prom --since 24h --skip-head --env A=1=2 --env A=3 --run-as 1000:2000 --timeout 7 --custom {_file}");

        Assert.Equal(("i", "prom", new AgentIdentity(1000, 2000), 7.0), (start.Image, start.Target, start.Identity, start.Timeout.TotalSeconds));
        Assert.Equal("""{"securityContext":{"runAsUser":null}}""", start.Custom?.ToJsonString());
        Assert.Equal(
            ["A=3", "OSO_SNAPSHOT_SINCE=24h", "OSO_SNAPSHOT_SKIP_HEAD=yes"],
            start.Settings.Select(one => $"{one.Key}={one.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{\"a\":1")]
    [InlineData("{\"a\":1} x")]
    [InlineData("LONG")]
    public void A_file_that_is_no_partial_container_is_refused(string content)
    {
        File.WriteAllText(_file, content == "LONG" ? $$"""{"a":"{{new string('x', 1 << 20)}}"}""" : content);

        OperatorException told = Assert.Throws<OperatorException>(() => ReadAgent($"--custom {_file}"));

        Assert.Equal(ExitStatus.Settings, told.Status);
        Assert.Contains("can't be used", told.Message, StringComparison.Ordinal);
    }

    private static ParseResult Parse(string line) =>
        ClientCommandLine.Create().Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static PodChoice ReadPods(string line, bool looksOnly = false)
    {
        PodOptions pods = new(looksOnly);
        RootCommand root = [];
        pods.AddTo(root, _ => []);
        return pods.Read(root.Parse(line));
    }

    private static StartOptions ReadAgent(string line)
    {
        AgentOptions agent = new();
        RootCommand root = [.. agent.All];
        ParseResult parsed = root.Parse(line);
        Assert.Empty(parsed.Errors);
        return agent.Read(parsed);
    }
}
