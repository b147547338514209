using System.Diagnostics;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>An export that a client has asked for, and what became of it.</summary>
internal sealed class Export(long offset)
{
    public long Offset => offset;

    public long Passed { get; set; }

    /// <summary>Whether the connection was cut, or the client has left it.</summary>
    public bool IsBroken { get; set; } = true;
}

/// <summary>The faults of connections. Their counts go on when a test changes the settings.</summary>
internal sealed class CopyFaults
{
    private int _cuts;
    private int _flips;

    /// <summary>Passes the output of a command on, until it ends or its connection breaks.</summary>
    /// <returns>Whether a broken connection claims success; null if it isn't broken.</returns>
    public async Task<bool?> PassAsync(Stream source, ChannelSocket socket, Export export, Func<ApiSettings> settings, CancellationToken token)
    {
        byte[] frame = new byte[(64 << 10) + 1];
        long startedAt = Stopwatch.GetTimestamp();
        int count;
        while ((count = await source.ReadAsync(frame.AsMemory(1), token)) > 0)
        {
            ApiSettings now = settings();
            if (now.FlipEvery is { } every && export.Passed / every != (export.Passed + count) / every && Count(ref _flips, now.Flips))
            {
                frame[1] ^= 1;
            }

            if (now.CutBytes is { } cut && export.Passed + count >= cut && Count(ref _cuts, now.Cuts))
            {
                await SendAsync(count: (int)(cut - export.Passed));
                await Task.Delay(now.Stalls ? Timeout.Infinite : 0, token);
                return now.CutClaimsSuccess ?? Volatile.Read(ref _cuts) % 2 == 0;
            }

            await SendAsync((int)Math.Clamp((now.LostAfter ?? long.MaxValue) - export.Passed, 0, count));
            if (now.BytesPerSecond is { } rate)
            {
                double ahead = (export.Passed / rate) - Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
                await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, ahead)), token);
            }
        }

        return null;

        async Task SendAsync(int count)
        {
            if (count > 0)
            {
                await socket.SendAsync(ChannelSocket.Output, frame, count, token);
                export.Passed += count;
            }
        }
    }

    private static bool Count(ref int counter, long? limit) => Interlocked.Increment(ref counter) <= (limit ?? long.MaxValue);
}
