using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Copy;

/// <summary>Fetches a range of the archive with one connection.</summary>
internal sealed class RangeExport(AgentContainer agent, ICopyTarget target, TimeSpan stall)
{
    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan ErrorLimit = TimeSpan.FromSeconds(1);
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>What kubectl printed about the last attempt; empty if all bytes arrived.</summary>
    public string ErrorText { get; private set; } = string.Empty;

    /// <summary>Whether the last attempt ended before it had brought what it asked for.</summary>
    public bool IsBroken { get; private set; }

    /// <returns>How many bytes of the lane arrived.</returns>
    public async Task<long> RunAsync(ByteLane lane, CancellationToken token)
    {
        long? every = lane.Step;
        using IKubectlCall call = agent.Export(lane.Offset, lane.SliceLeft, every);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using CancellationTokenSource silence = new(stall);
        using CancellationTokenRegistration killsSilent = silence.Token.Register(call.Kill);
        Task<string> error = KubectlCalls.ReadErrorAsync(call.Error, call.Kill);
        long came = 0;
        IsBroken = true;
        try
        {
            int count;
            while (IsBroken && (count = await call.Output.ReadAsync(
                _buffer.AsMemory(0, (int)Math.Min(BufferBytes, lane.SliceLeft)), CancellationToken.None)) > 0)
            {
                silence.CancelAfter(stall);
                target.Write(lane.Offset, _buffer.AsSpan(0, count));
                long sliceLeft = lane.SliceLeft;
                lane.Advance(count);
                came += count;
                IsBroken = lane.SliceLeft > 0 && (every is not null || count < sliceLeft);
            }
        }
        finally
        {
            if (IsBroken)
            {
                call.Kill();
            }
        }

        token.ThrowIfCancellationRequested();
        ErrorText = IsBroken && await Task.WhenAny(error, Task.Delay(ErrorLimit, token)) == error
            ? KubectlAnswer.TextOf(await error)
            : string.Empty;
        await call.EndAsync().WaitAsync(token);
        return came;
    }
}
