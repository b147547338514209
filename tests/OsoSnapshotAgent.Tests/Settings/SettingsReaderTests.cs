using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Settings;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Without_any_variable_has_the_defaults_of_the_documentation()
    {
        AgentSettings settings = Read();

        Assert.Equivalent(new AgentSettings { ReadAt = ManualTime.Start }, settings, strict: true);
        Assert.Null(settings.Hold);
        Assert.Equal(TimeSpan.FromHours(1), settings.RequestTimeout);
        Assert.Equal(new Reserve(512L * 1024 * 1024, 5), settings.Reserve);
        Assert.Equal(RunMode.Take, settings.Mode);
        Assert.False(settings.SkipHead);
    }

    [Theory]
    [InlineData(null, RunMode.Take)]
    [InlineData("yes", RunMode.Take)]
    [InlineData("no", RunMode.HoldBlocks)]
    public void Without_an_archive_the_run_holds_the_blocks(string? archive, object expected) =>
        Assert.Equal(expected, archive is null ? Read().Mode : Read(("OSO_SNAPSHOT_ARCHIVE", archive)).Mode);

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("yes", null, true)]
    [InlineData("no", "C", true)]
    [InlineData(null, "de_DE.UTF-8", false)]
    public void Reads_how_to_draw_even_if_other_settings_are_wrong(string? ascii, string? locale, bool expected) =>
        Assert.Equal(expected, SettingsReader.ReadAscii(Wrong(("OSO_SNAPSHOT_ASCII", ascii), ("LANG", locale))));

    [Theory]
    [InlineData(null, null)]
    [InlineData("/proc/7/root/data/", "/proc/7/root/data")]
    public void Reads_the_data_directory_even_if_other_settings_are_wrong(string? path, string? expected) => Assert.Equal(
        expected,
        SettingsReader.ReadDataDirectory(Wrong(("OSO_SNAPSHOT_DATA_DIR", path), ("OSO_SNAPSHOT_ASCII", "maybe"))));

    [Fact]
    public void Reads_every_variable()
    {
        AgentSettings expected = new()
        {
            ServiceName = "oso-p-prom-svr:8080",
            ClusterNamePrefix = "occne3-n2",
            Mode = RunMode.Remove,
            Url = new Uri("https://prom:9090/x/"),
            DataDirectory = "/proc/1/root/data",
            Hold = TimeSpan.FromMinutes(30),
            SkipHead = true,
            ReadAt = ManualTime.Start,
            Since = ManualTime.Start - TimeSpan.FromDays(7),
            Until = new DateTimeOffset(2025, 8, 20, 16, 0, 0, TimeSpan.Zero),
            Reserve = new Reserve(0, 10),
            Workers = 2,
            Level = 9,
            RateLimitBytesPerSecond = 50 * 1024 * 1024,
            Pace = PaceMode.Full,
            RequestTimeout = TimeSpan.FromHours(2),
            CaFile = "/etc/ca.pem",
            Username = "admin",
            PasswordFile = "/etc/password",
            Client = "oso-snapshot-20261121-091649-27750",
        };

        AgentSettings settings = Read(
            ("OSO_PROMETHEUS_SERVICE_NAME", "oso-p-prom-svr:8080"),
            ("CLUSTER_NAME_PREFIX", "occne3-n2"),
            ("REMOVE", "yes"),
            ("OSO_SNAPSHOT_URL", "https://prom:9090/x"),
            ("OSO_SNAPSHOT_DATA_DIR", "/proc/1/root/data/"),
            ("OSO_SNAPSHOT_HOLD", "30m"),
            ("OSO_SNAPSHOT_SKIP_HEAD", "yes"),
            ("OSO_SNAPSHOT_SINCE", "7d"),
            ("OSO_SNAPSHOT_UNTIL", "2025-08-20T16:00:00Z"),
            ("OSO_SNAPSHOT_RESERVE", "10%"),
            ("OSO_SNAPSHOT_WORKERS", "2"),
            ("OSO_SNAPSHOT_LEVEL", "9"),
            ("OSO_SNAPSHOT_RATE_LIMIT", "50MiB"),
            ("OSO_SNAPSHOT_PACE", "Full"),
            ("OSO_SNAPSHOT_TIMEOUT", "2h"),
            ("OSO_SNAPSHOT_CA_FILE", "/etc/ca.pem"),
            ("OSO_SNAPSHOT_USERNAME", "admin"),
            ("OSO_SNAPSHOT_PASSWORD_FILE", "/etc/password"),
            ("OSO_SNAPSHOT_CLIENT", "oso-snapshot-20261121-091649-27750"));

        Assert.Equivalent(expected, settings with { Given = [] }, strict: true);
        Assert.Contains("OSO_SNAPSHOT_USERNAME=admin", settings.Given);
        Assert.Equal("/etc/token", Read(("OSO_SNAPSHOT_BEARER_TOKEN_FILE", "/etc/token")).BearerTokenFile);
        Assert.True(Read(("OSO_SNAPSHOT_INSECURE", "true")).Insecure);
    }

    [Theory]
    [InlineData("yes", true)]
    [InlineData("YES", true)]
    [InlineData("True", true)]
    [InlineData(" yes ", true)]
    [InlineData("no", false)]
    [InlineData("No", false)]
    [InlineData("FALSE", false)]
    [InlineData("", false)]
    [InlineData("   ", false)]
    public void Takes_yes_no_true_and_false_in_any_case_and_nothing_as_unset(string text, bool expected)
    {
        Assert.Equal(expected ? RunMode.Remove : RunMode.Take, Read(("REMOVE", text)).Mode);
        Assert.Equal(expected, Read(("OSO_SNAPSHOT_SKIP_HEAD", text)).SkipHead);
        Assert.Equal(expected, Read(("OSO_SNAPSHOT_INSECURE", text)).Insecure);
    }

    [Fact]
    public void A_variable_set_to_nothing_counts_as_unset()
    {
        string[] names =
        [
            "OSO_PROMETHEUS_SERVICE_NAME", "CLUSTER_NAME_PREFIX", "REMOVE", "OSO_SNAPSHOT_URL", "OSO_SNAPSHOT_DATA_DIR", "OSO_SNAPSHOT_HOLD",
            "OSO_SNAPSHOT_SKIP_HEAD", "OSO_SNAPSHOT_SINCE", "OSO_SNAPSHOT_UNTIL", "OSO_SNAPSHOT_RESERVE", "OSO_SNAPSHOT_WORKERS", "OSO_SNAPSHOT_LEVEL",
            "OSO_SNAPSHOT_RATE_LIMIT", "OSO_SNAPSHOT_PACE", "OSO_SNAPSHOT_TIMEOUT", "OSO_SNAPSHOT_CA_FILE", "OSO_SNAPSHOT_USERNAME", "OSO_SNAPSHOT_PASSWORD_FILE",
            "OSO_SNAPSHOT_BEARER_TOKEN_FILE", "OSO_SNAPSHOT_INSECURE", "OSO_SNAPSHOT_ASCII",
            "OSO_SNAPSHOT_CLIENT",
        ];

        AgentSettings settings = Read([.. names.Select(name => (name, string.Empty))]);

        Assert.Equivalent(new AgentSettings { ReadAt = ManualTime.Start }, settings, strict: true);
    }

    [Theory]
    [InlineData("forever", -1)]
    [InlineData("Forever", -1)]
    [InlineData("0", 0)]
    [InlineData("90s", 90_000)]
    [InlineData("12h", 43_200_000)]
    public void Holds_for_a_duration_or_not_at_all_or_for_ever(string text, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Read(("OSO_SNAPSHOT_HOLD", text)).Hold);

    [Theory]
    [InlineData("http://prom", "http://prom/")]
    [InlineData("http://prom:9090/a/b", "http://prom:9090/a/b/")]
    [InlineData("https://prom/x//", "https://prom/x/")]
    [InlineData("http://[::1]:9090/", "http://[::1]:9090/")]
    public void A_base_URL_ends_with_one_slash(string text, string expected) =>
        Assert.Equal(expected, Read(("OSO_SNAPSHOT_URL", text)).Url!.AbsoluteUri);

    [Theory]
    [InlineData("occne3-n2", "occne3-n2")]
    [InlineData("/occne3-n2/", "occne3-n2")]
    [InlineData("a/b", "a/b")]
    public void A_prefix_loses_the_slashes_around_it(string text, string prefix) =>
        Assert.Equal(prefix, Read(("CLUSTER_NAME_PREFIX", text)).ClusterNamePrefix);

    [Theory]
    [InlineData("prom")]
    [InlineData("prom.oso.svc.cluster.local:8080")]
    [InlineData("10.1.2.3")]
    [InlineData("[fd00::1]:9090")]
    public void A_service_is_a_host_with_or_without_a_port(string text) =>
        Assert.Equal(text, Read(("OSO_PROMETHEUS_SERVICE_NAME", text)).ServiceName);

    [Theory]
    [InlineData("2025-08-20T16:00:00+02:00", 14)]
    [InlineData("2025-08-20t16:00:00z", 16)]
    [InlineData("2h", 14)]
    public void A_point_in_time_is_RFC_3339_or_a_duration_back_from_now(string text, int hour)
    {
        DateTimeOffset since = Read(("OSO_SNAPSHOT_SINCE", text)).Since!.Value;

        Assert.Equal((20, hour), (since.UtcDateTime.Day, since.UtcDateTime.Hour));
    }

    [Fact]
    public void Warns_of_a_misspelt_variable_but_not_of_service_links()
    {
        AgentSettings settings = Read(
            ("OSO_SNAPSHOT_HOLDD", "1h"),
            ("OSO_SNAPSHOT_hold", "1h"),
            ("OSO_SNAPSHOT_SERVICE_HOST", "10.0.0.1"),
            ("OSO_SNAPSHOT_SERVICE_PORT_HTTP", "80"),
            ("OSO_SNAPSHOT_PORT", "tcp://10.0.0.1:80"),
            ("OSO_SNAPSHOT_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("OSO_OTHER", "x"));

        Assert.Collection(
            settings.Warnings,
            warning => Assert.StartsWith("OSO_SNAPSHOT_HOLDD is not a setting", warning, StringComparison.Ordinal),
            warning => Assert.StartsWith("OSO_SNAPSHOT_hold is not a setting", warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(false, "LANG", "en_US.UTF-8")]
    [InlineData(false, "LC_ALL", "C.utf8", "LANG", "C")]
    [InlineData(true, "LANG", "C")]
    [InlineData(true, "LC_CTYPE", "POSIX", "LANG", "en_US.UTF-8")]
    [InlineData(false, "LC_ALL", "", "LANG", "de_DE.UTF-8")]
    [InlineData(true, "OSO_SNAPSHOT_ASCII", "yes", "LANG", "de_DE.UTF-8")]
    public void Draws_with_ASCII_where_the_locale_or_the_variable_says_so(bool expected, params string[] pairs) =>
        Assert.Equal(expected, Read([.. pairs.Chunk(2).Select(pair => (pair[0], pair[1]))]).Ascii);

    private static Dictionary<string, string> Wrong(params (string Name, string? Value)[] variables) => variables
        .Append(("OSO_SNAPSHOT_LEVEL", "best"))
        .ToDictionary(variable => variable.Item1, variable => variable.Item2 ?? string.Empty);

    private static AgentSettings Read(params (string Name, string Value)[] variables) =>
        SettingsReader.Read(variables.ToDictionary(variable => variable.Name, variable => variable.Value), new ManualTime());
}
