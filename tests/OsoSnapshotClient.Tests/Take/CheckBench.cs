using System.Diagnostics;
using System.Globalization;
using OsoSnapshotClient.Take;
using OsoSnapshotClient.Tests.Fixtures;

namespace OsoSnapshotClient.Tests.Take;

/// <summary>
/// Measures the check of a copy alone, with "-explicit only -diagnostics". OSO_BENCH_CLIENT_BYTES is the size of the two
/// blocks, OSO_BENCH_ROUNDS the number of rounds.
/// </summary>
public sealed class CheckBench
{
    [Fact(Explicit = true)]
    public void The_check_of_a_copy()
    {
        using ArchiveSample sample = new(bytes: Number("OSO_BENCH_CLIENT_BYTES", 800_000_000));
        long size = new FileInfo(sample.Archive).Length;
        List<double> rates = [];
        for (long round = 0; round < Number("OSO_BENCH_ROUNDS", 3); round++)
        {
            using FileStream file = File.OpenRead(sample.Archive);
            long startedAt = Stopwatch.GetTimestamp();
            Assert.Null(CopyVerdict.Read(file).Damage);
            rates.Add(size / 1e6 / Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
        }

        rates.Sort();
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture, $"the check of a copy: {rates[rates.Count / 2]:0} MB/s of an archive of {size} bytes"));
    }

    private static long Number(string variable, long otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } set ? long.Parse(set, CultureInfo.InvariantCulture) : otherwise;
}
