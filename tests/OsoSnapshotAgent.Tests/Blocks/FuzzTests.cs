using System.Text;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

/// <summary>
/// Mutates text from outside. The text is understood or refused as documented, and nothing else is thrown.
/// </summary>
public sealed class FuzzTests
{
    private const int Rounds = 3000;

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_blocks_files_are_sound_or_damaged(int seed)
    {
        (string Name, byte[] Sound)[] files = [("index", SampleBlock.Index()), ("meta.json", Encoding.UTF8.GetBytes(Meta)), ("tombstones", new byte[40]), ("chunks/000001", new byte[200])];
        Fuzz.Run(seed, Rounds, random =>
        {
            (string name, byte[] sound) = files[random.Next(files.Length)];
            byte[] bytes = Fuzz.Mutate(sound, random);
            return (name + " " + Convert.ToHexString(bytes), () => Fuzz.Allow<InvalidDataException>(() =>
            {
                BlockFileCheck check = BlockFileCheck.For(name, new ChunkLedger())!;
                check.Append(bytes);
                check.Finish();
            }));
        });
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_meta_json_is_understood_or_damaged(int seed) => Fuzz.Run(seed, Rounds, random =>
    {
        byte[] bytes = Fuzz.Mutate(Encoding.UTF8.GetBytes(Meta), random);
        return (Encoding.Latin1.GetString(bytes), () => Fuzz.Allow<InvalidDataException>(() => BlockMeta.Parse(bytes).From()));
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_snapshots_name_never_leads_elsewhere(int seed) => Fuzz.Run(seed, Rounds, random =>
    {
        string text = Encoding.UTF8.GetString(Fuzz.Mutate("20250820T165101Z-0eb533ff8d43ed64"u8.ToArray(), random));
        return (text, () => Assert.True(!SnapshotName.TryParse(text, out _) || text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')));
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_command_line_is_understood(int seed) => Fuzz.Run(seed, Rounds, random =>
    {
        string text = Encoding.UTF8.GetString(Fuzz.Mutate("prometheus\0--web.listen-address=:9090\0--storage.tsdb.path\0/data\0--web.external-url=http://x/y\0--agent=false"u8.ToArray(), random));
        return (text, () => PrometheusCommandLine.Parse(text.Split('\0')).LocalUrl("http"));
    });

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void Settings_are_understood_or_refused(int seed)
    {
        (string Name, string Value)[] sound =
        [
            ("OSO_SNAPSHOT_HOLD", "1h30m"), ("OSO_SNAPSHOT_RESERVE", "5%"), ("OSO_SNAPSHOT_RATE_LIMIT", "1.5GiB"), ("OSO_SNAPSHOT_SINCE", "2025-08-20T16:00:00Z"),
            ("OSO_SNAPSHOT_UNTIL", "106751d"), ("OSO_SNAPSHOT_URL", "https://prom:9090/x"), ("OSO_PROMETHEUS_SERVICE_NAME", "[::1]:9090"), ("CLUSTER_NAME_PREFIX", "occne3-n2"),
            ("OSO_SNAPSHOT_TIMEOUT", "1h"), ("OSO_SNAPSHOT_WORKERS", "4"), ("OSO_SNAPSHOT_DATA_DIR", "/proc/1/root/data"), ("REMOVE", "yes"),
        ];
        Fuzz.Run(seed, Rounds, random =>
        {
            (string name, string value) = sound[random.Next(sound.Length)];
            string text = Encoding.UTF8.GetString(Fuzz.Mutate(Encoding.UTF8.GetBytes(value), random));
            return ($"{name}={text}", () => Fuzz.Allow<OperatorException>(() => SettingsReader.Read(new Dictionary<string, string> { [name] = text }, TimeProvider.System)));
        });
    }

    private const string Meta = """{"ulid":"01K34GAXA0T1Q1Z5QZ5QZ5QZ5Q","minTime":1755705600000,"maxTime":1755712800000,"stats":{"numSamples":240},"version":1}""";
}
