using System.Diagnostics;
using System.Globalization;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>
/// Mutates inputs from outside by a seed. Each round ends in time, takes little memory, and throws nothing. A failure
/// names its seed: OSO_TEST_SEED repeats it. OSO_TEST_ROUNDS sets the number of rounds.
/// </summary>
internal static class Fuzz
{
    public const long MaxAllocatedBytes = 100 << 20;

    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    public static TheoryData<int> Seeds => new(1, Number("OSO_TEST_SEED", Environment.TickCount));

    /// <param name="make">Makes an input, and what is done with it.</param>
    public static void Run(int seed, int rounds, Func<Random, (string Input, Action Try)> make)
    {
        Random random = new(seed);
        for (int round = 0; round < Number("OSO_TEST_ROUNDS", rounds); round++)
        {
            (string input, Action attempt) = make(random);
            string told = $"Seed {seed} (repeat with OSO_TEST_SEED={seed}), round {round}, input {input}";
            Task<(Exception? Thrown, long Bytes)> attempting = Task.Run(() =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                return (Record.Exception(attempt), GC.GetAllocatedBytesForCurrentThread() - before);
            });
            Stopwatch watch = Stopwatch.StartNew();
            Assert.True(attempting.Wait(MaxTime), $"{told}:\nstill at work after {watch.Elapsed}");
            (Exception? thrown, long bytes) = attempting.Result;
            Assert.True(thrown is null, $"{told}:\n{thrown}");
            Assert.True(bytes <= MaxAllocatedBytes, $"{told}:\n{bytes} bytes were allocated");
        }
    }

    /// <summary>Expects no more than the documented refusal.</summary>
    public static void Allow<T>(Action attempt)
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

    /// <summary>
    /// Changes, removes, repeats or cuts off some bytes. Digits are frequent, because numbers out of range do the most
    /// harm.
    /// </summary>
    public static byte[] Mutate(byte[] sound, Random random)
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

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int set) ? set : otherwise;
}
