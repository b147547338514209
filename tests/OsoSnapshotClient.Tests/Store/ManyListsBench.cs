using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OsoSnapshotAgent.EndToEnd.Processes;
using OsoSnapshotClient.Store;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore.Files;

namespace OsoSnapshotClient.Tests.Store;

/// <summary>
/// Measures the verbs of dist/ on many lists with "-explicit only -diagnostics". Each list names 30 blocks of one byte, and five
/// of them are no earlier list's.
/// </summary>
public sealed class ManyListsBench(S3Server server)
{
    private const int BlocksOfList = 30;
    private const int NewBlocks = 5;
    private const int Pods = 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Explicit = true)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Backups_and_prune_of_many_lists(bool inBucket)
    {
        foreach (int lists in (int[])[1_000, 10_000])
        {
            using BackupSample sample = new(inBucket ? await server.MakePlaceAsync() : null);
            Fill(sample.Place, lists);
            await MeasureAsync(sample.Place, lists, "backups");
            await MeasureAsync(sample.Place, lists, "prune", "--keep-last", $"{lists / Pods / 2}", "--dry-run");
        }
    }

    private static void Fill(BackupPlace place, int lists)
    {
        using IBackupStore store = place.OpenToAdd(_ => { }, Token);
        ParallelOptions many = new() { MaxDegreeOfParallelism = 16 };
        Parallel.For(0, (lists * NewBlocks) + BlocksOfList, many, block =>
        {
            BlockName name = Name(block);
            Write(store, place, name.Path, [1]);
            Write(store, place, StoredBlocks.ChecksumOf(name), ChecksumLine(name));
        });
        Parallel.For(0, lists, many, list =>
        {
            DateTimeOffset time = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(list);
            string snapshot = $"{time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{list:x16}";
            Manifest manifest = new()
            {
                Format = 2,
                Cluster = "c1",
                Pod = $"oso.pod-{list % Pods}",
                Snapshot = snapshot,
                CopyStartedAt = time,
                ClientVersion = "0.3.0",
                Blocks = [.. Enumerable.Range(list * NewBlocks, BlocksOfList).Select(Block)],
            };
            string name = $"snapshots/c1/{manifest.Pod}/{snapshot}.json";
            Write(store, place, name, JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.Manifest));
        });
    }

    // A store flushes each file of a directory, which takes an hour here.
    private static void Write(IBackupStore store, BackupPlace place, string name, byte[] content)
    {
        if (place.IsBucket)
        {
            store.Write(name, content);
            return;
        }

        string path = Path.Combine(place.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    private static byte[] ChecksumLine(BlockName name) => Encoding.ASCII.GetBytes($"{new string('0', 64)}  {name.Path}\n");

    private static BlockName Name(int block)
    {
        Assert.True(BlockName.TryParse($"01KDV6SJR0{block:D16}", $"{block:x16}", out BlockName name));
        return name;
    }

    private static BackupBlock Block(int block)
    {
        Assert.True(Sha256.TryParse(new string('0', 64), out Sha256? sha256));
        return new()
        {
            Ulid = $"{Name(block).Ulid}",
            Fingerprint = Name(block).Fingerprint,
            Kind = "block",
            From = block * 7_200_000L,
            To = (block + 1) * 7_200_000L,
            Bytes = 1,
            Series = 1,
            Samples = 1,
            FileBytes = 1,
            Sha256 = sha256!,
        };
    }

    private async Task MeasureAsync(BackupPlace place, int lists, string verb, params string[] options)
    {
        long startedAt = Stopwatch.GetTimestamp();
        using Process client = HostCommand.Start(
        [
            "env", $"AWS_ACCESS_KEY_ID={S3Server.AccessKey}", $"AWS_SECRET_ACCESS_KEY={S3Server.SecretKey}",
            "AWS_EC2_METADATA_DISABLED=true", Repository.PathOf("dist/kubectl-oso_snapshot"),
            verb, place.Path, .. options, .. place.IsBucket ? (string[])["--s3-endpoint", $"{server.Endpoint}"] : [],
        ]);
        client.StandardInput.Close();
        Task<string> output = client.StandardOutput.ReadToEndAsync(Token);
        Task<string> error = client.StandardError.ReadToEndAsync(Token);
        long peak = 0;
        while (!client.HasExited)
        {
            peak = Math.Max(peak, PeakKibibytes(client.Id));
            await Task.WhenAny(client.WaitForExitAsync(Token), Task.Delay(10, Token));
        }

        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        Assert.True(client.ExitCode == 0, await error);
        Assert.Contains($"{lists}", await output, StringComparison.Ordinal);
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture,
            $"{verb}, {(place.IsBucket ? "bucket" : "directory")}, {lists} lists: {seconds:0.0} s, {peak / 1024} MiB"));
    }

    private static long PeakKibibytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
