using System.Globalization;
using System.Text;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;

namespace OsoSnapshotAgent.Tests.Blocks;

/// <summary>
/// Mutates text from outside. The text is understood or refused as documented, and nothing else is thrown. A failure
/// names its seed, and OSO_TEST_SEED repeats it.
/// </summary>
public sealed class FuzzTests
{
    private const int Rounds = 3000;

    public static TheoryData<int> Seeds => new(
        1, int.TryParse(Environment.GetEnvironmentVariable("OSO_TEST_SEED"), CultureInfo.InvariantCulture, out int set) ? set : Environment.TickCount);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_blocks_files_are_sound_or_damaged(int seed)
    {
        (string Name, byte[] Sound)[] files = [("index", SampleBlock.Index()), ("meta.json", Encoding.UTF8.GetBytes(Meta)), ("tombstones", new byte[40]), ("chunks/000001", new byte[200])];
        Fuzz(seed, random =>
        {
            (string name, byte[] sound) = files[random.Next(files.Length)];
            byte[] bytes = Mutate(sound, random);
            return (name + " " + Convert.ToHexString(bytes), () => Allow<InvalidDataException>(() =>
            {
                BlockFileCheck check = BlockFileCheck.For(name, new ChunkLedger())!;
                check.Append(bytes);
                check.Finish();
            }));
        });
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_meta_json_is_understood_or_damaged(int seed) => Fuzz(seed, random =>
    {
        byte[] bytes = Mutate(Encoding.UTF8.GetBytes(Meta), random);
        return (Encoding.Latin1.GetString(bytes), () => Allow<InvalidDataException>(() => BlockMeta.Parse(bytes).From()));
    });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_snapshots_name_never_leads_elsewhere(int seed) => Fuzz(seed, random =>
    {
        string text = Encoding.UTF8.GetString(Mutate("20250820T165101Z-0eb533ff8d43ed64"u8.ToArray(), random));
        return (text, () => Assert.True(!SnapshotName.TryParse(text, out _) || text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')));
    });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_command_line_is_understood(int seed) => Fuzz(seed, random =>
    {
        string text = Encoding.UTF8.GetString(Mutate("prometheus\0--web.listen-address=:9090\0--storage.tsdb.path\0/data\0--web.external-url=http://x/y\0--agent=false"u8.ToArray(), random));
        return (text, () => PrometheusCommandLine.Parse(text.Split('\0')).LocalUrl("http"));
    });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Settings_are_understood_or_refused(int seed)
    {
        (string Name, string Value)[] sound =
        [
            ("OSO_SNAPSHOT_HOLD", "1h30m"), ("OSO_SNAPSHOT_RESERVE", "5%"), ("OSO_SNAPSHOT_RATE_LIMIT", "1.5GiB"), ("OSO_SNAPSHOT_SINCE", "2025-08-20T16:00:00Z"),
            ("OSO_SNAPSHOT_UNTIL", "106751d"), ("OSO_SNAPSHOT_URL", "https://prom:9090/x"), ("OSO_PROMETHEUS_SERVICE_NAME", "[::1]:9090"), ("CLUSTER_NAME_PREFIX", "occne3-n2"),
            ("OSO_SNAPSHOT_TIMEOUT", "1h"), ("OSO_SNAPSHOT_WORKERS", "4"), ("OSO_SNAPSHOT_DATA_DIR", "/proc/1/root/data"), ("REMOVE", "yes"),
        ];
        Fuzz(seed, random =>
        {
            (string name, string value) = sound[random.Next(sound.Length)];
            string text = Encoding.UTF8.GetString(Mutate(Encoding.UTF8.GetBytes(value), random));
            return ($"{name}={text}", () => Allow<OperatorException>(() => SettingsReader.Read(new Dictionary<string, string> { [name] = text }, TimeProvider.System)));
        });
    }

    private const string Meta = """{"ulid":"01K34GAXA0T1Q1Z5QZ5QZ5QZ5Q","minTime":1755705600000,"maxTime":1755712800000,"stats":{"numSamples":240},"version":1}""";

    private static void Fuzz(int seed, Func<Random, (string Input, Action Try)> make)
    {
        Random random = new(seed);
        for (int round = 0; round < Rounds; round++)
        {
            (string input, Action attempt) = make(random);
            Exception? thrown = Record.Exception(attempt);
            Assert.True(thrown is null, $"Seed {seed} (repeat with OSO_TEST_SEED={seed}), round {round}, input {input}:\n{thrown}");
        }
    }

    private static void Allow<T>(Action attempt)
        where T : Exception
    {
        try
        {
            attempt();
        }
        catch (T)
        {
            // The documented refusal.
        }
    }

    // Changes, removes, repeats or cuts off some bytes. Digits are frequent, because numbers out of range do the most
    // harm.
    internal static byte[] Mutate(byte[] sound, Random random)
    {
        List<byte> bytes = [.. sound];
        for (int change = random.Next(1, 8); change > 0; change--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 1 when at < bytes.Count: bytes.RemoveAt(at); break;
                case 2: bytes.InsertRange(at, Enumerable.Repeat((byte)('0' + random.Next(10)), random.Next(1, 25))); break;
                case 3: bytes.Insert(at, "\0\n/:.-%[]{}\"'\\+e"u8[random.Next(16)]); break;
                case 4 when random.Next(4) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
                default: break;
            }
        }

        return [.. bytes];
    }
}
