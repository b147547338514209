using System.Globalization;
using System.Text.RegularExpressions;
using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Copy;

/// <summary>Runs an agent through exec. Its archive comes on standard output, its log on standard error.</summary>
internal sealed partial class StreamedExport(AgentContainer agent, ICopyTarget target, TimeSpan stall)
{
    private const int BufferBytes = 256 * 1024;
    private const string Script =
        "read -r pid rest </proc/self/stat; echo \"pid $pid\" >&2; exec \"$@\"";

    private static readonly TimeSpan ErrorLimit = TimeSpan.FromSeconds(5);
    private int? _process;

    /// <summary>The archive's SHA-256 as the agent reports it; null until then.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>kubectl's exit status.</summary>
    public int ExitCode { get; private set; }

    public async Task RunAsync(CancellationToken token)
    {
        using IKubectlCall call = agent.Start(
            ["sh", "-c", Script, "sh", .. agent.Command("export", "--stream")]);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using CancellationTokenSource silence = new();
        using CancellationTokenRegistration killsSilent = silence.Token.Register(call.Kill);
        Task log = ShowAsync(call.Error);
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int count;
            while ((count = await call.Output.ReadAsync(buffer, CancellationToken.None)) > 0)
            {
                // The limit starts with the first byte, because Prometheus makes the snapshot before it.
                silence.CancelAfter(stall);
                target.Write(target.DoneBytes, buffer.AsSpan(0, count));
                agent.Access.Report.Advance(new("streaming", target.DoneBytes, null));
            }
        }
        catch
        {
            call.Kill();
            throw;
        }

        await Task.WhenAny(log, Task.Delay(ErrorLimit, token));
        token.ThrowIfCancellationRequested();
        ExitCode = await call.EndAsync().WaitAsync(token);
    }

    /// <summary>Ends the agent, and waits until it has removed what it has made.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        if (_process is { } process)
        {
            string pid = process.ToString(CultureInfo.InvariantCulture);
            await agent.RunAsync(["sh", "-c", $"kill {pid}; while kill -0 {pid}; do sleep 1; done"], token);
        }
    }

    private async Task ShowAsync(TextReader error)
    {
        await foreach (string line in BoundedLines.ReadAsync(error))
        {
            if (PidLine().Match(line) is { Success: true } pid)
            {
                _process = int.Parse(pid.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                continue;
            }

            agent.Access.Report.Log(line);
            Sha256 = ShaLine().Match(line) is { Success: true } sha ? sha.Groups[1].Value : Sha256;
        }
    }

    [GeneratedRegex("^pid ([0-9]{1,9})$")]
    private static partial Regex PidLine();

    [GeneratedRegex("^ *SHA-256  *([0-9a-f]{64})")]
    private static partial Regex ShaLine();
}
