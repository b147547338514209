using System.Text.Json;
using System.Text.Json.Serialization;

namespace OsoSnapshotClient.Display;

/// <summary>Prints one JSON object per line on standard error, for programs.</summary>
internal sealed class JsonReport(TextWriter output, string pod, TimeProvider time) : IPodReport
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly object _lock = new();
    private readonly RateMeter _rate = new(time);
    private string _activity = string.Empty;
    private long _lastLine;

    public void Say(string line) => Write(new() { Pod = pod, Message = line });

    public void Warn(string line) => Write(new() { Pod = pod, Message = line, IsWarning = true });

    public void Log(string line) => Write(new() { Pod = pod, Log = line });

    public void Advance(PodProgress progress)
    {
        lock (_lock)
        {
            _rate.Add(progress);
            bool isNew = progress.Activity != _activity;
            bool isComplete = progress.DoneBytes == progress.TotalBytes;
            if (!isNew && !isComplete && time.GetElapsedTime(_lastLine) < Interval)
            {
                return;
            }

            (_activity, _lastLine) = (progress.Activity, time.GetTimestamp());
            Write(new()
            {
                Pod = pod,
                Activity = progress.Activity,
                DoneBytes = progress.DoneBytes,
                TotalBytes = progress.TotalBytes,
                BytesPerSecond = (long)_rate.BytesPerSecond,
                SecondsLeft = _rate.Left?.TotalSeconds,
            });
        }
    }

    public void Pause()
    {
    }

    private void Write(ProgressLine line) =>
        output.Write(JsonSerializer.Serialize(line, ProgressJson.Default.ProgressLine) + "\n");
}

/// <summary>One line. Values that it doesn't have are left out.</summary>
internal sealed record ProgressLine
{
    public required string Pod { get; init; }

    public string? Message { get; init; }

    public bool? IsWarning { get; init; }

    /// <summary>A line of the agent's log.</summary>
    public string? Log { get; init; }

    public string? Activity { get; init; }

    public long? DoneBytes { get; init; }

    public long? TotalBytes { get; init; }

    public long? BytesPerSecond { get; init; }

    public double? SecondsLeft { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProgressLine))]
internal sealed partial class ProgressJson : JsonSerializerContext;
