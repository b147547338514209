using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OsoSnapshotClient.Kubectl;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Agents;

/// <summary>Shows what an agent prints that runs through exec. The cluster keeps no copy of it.</summary>
internal sealed partial class ExecLog(PodAccess access) : AgentLog(access)
{
    // Runs its arguments and prints their exit status: kubectl exec may return 0 for a broken connection.
    private const string Script = "\"$@\"; status=$?; echo \"$0 ended with $status\"; exit $status";

    private const string EndText = " ended with ";
    private const int MaxUnseen = 1000;

    // The agent's log holds answers of Prometheus, which can't know this word.
    private readonly string _mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly ConcurrentQueue<string> _unseen = [];
    private IKubectlCall? _call;
    private volatile bool _isStopped;

    /// <summary>Completes when the connection ends; complete as long as there is none.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>The agent's exit status; null until it is known.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The command whose output <see cref="Begin"/> reads.</summary>
    public IReadOnlyList<string> Wrap(IReadOnlyList<string> command) => ["sh", "-c", Script, _mark, .. command];

    public void Begin(IKubectlCall call)
    {
        _call = call;
        Ended = Task.Run(() => ReadAsync(call));
    }

    public override async Task CloseAsync()
    {
        _call?.Kill();
        await Ended;
    }

    public override void Follow()
    {
        // Begin has started the reading together with the agent.
    }

    public override Task StopAsync()
    {
        _isStopped = true;
        return Task.CompletedTask;
    }

    public override async Task ShowRestAsync(CancellationToken token)
    {
        await Task.WhenAny(Ended, Task.Delay(RestLimit, token));
        while (_unseen.TryDequeue(out string? line))
        {
            Show(line);
        }
    }

    private async Task ReadAsync(IKubectlCall call)
    {
        using IKubectlCall closed = call;
        using StreamReader output = new(call.Output);
        await Task.WhenAll(ShowAsync(output), ShowAsync(call.Error));
        await call.EndAsync();
    }

    private async Task ShowAsync(TextReader reader)
    {
        await foreach (string line in BoundedLines.ReadAsync(reader))
        {
            if (line.StartsWith(_mark + EndText, StringComparison.Ordinal)
                && byte.TryParse(
                    line.AsSpan(_mark.Length + EndText.Length), CultureInfo.InvariantCulture, out byte status))
            {
                ExitCode = status;
            }
            else if (_isStopped)
            {
                _unseen.Enqueue(line);
                if (_unseen.Count > MaxUnseen)
                {
                    _unseen.TryDequeue(out _);
                }
            }
            else if (!OfKubectl().IsMatch(line))
            {
                Show(line);
            }
        }
    }

    [GeneratedRegex("^command terminated with exit code [0-9]+$")]
    private static partial Regex OfKubectl();
}
