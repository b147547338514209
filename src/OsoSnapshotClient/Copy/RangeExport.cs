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

    /// <returns>The number of bytes that arrived, from the range's start on.</returns>
    public async Task<long> RunAsync(ByteRange range, CancellationToken token)
    {
        using IKubectlCall call = agent.Export(range.Start, range.Length);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using CancellationTokenSource silence = new(stall);
        using CancellationTokenRegistration killsSilent = silence.Token.Register(call.Kill);
        Task<string> error = call.Error.ReadToEndAsync(CancellationToken.None);
        long came = 0;
        try
        {
            int count;
            while (came < range.Length && (count = await call.Output.ReadAsync(
                _buffer.AsMemory(0, (int)Math.Min(BufferBytes, range.Length - came)), CancellationToken.None)) > 0)
            {
                silence.CancelAfter(stall);
                target.Write(range.Start + came, _buffer.AsSpan(0, count));
                came += count;
            }
        }
        finally
        {
            if (came < range.Length)
            {
                call.Kill();
            }
        }

        token.ThrowIfCancellationRequested();
        ErrorText = came < range.Length && await Task.WhenAny(error, Task.Delay(ErrorLimit, token)) == error
            ? KubectlAnswer.TextOf(await error)
            : string.Empty;
        await call.EndAsync(token);
        return came;
    }
}
