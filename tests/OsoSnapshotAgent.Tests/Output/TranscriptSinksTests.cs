using Microsoft.Extensions.DependencyInjection;
using OsoSnapshotAgent.Cli;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Output;

/// <summary>
/// Runs without other tests, because the warning about an unwritable log uses Serilog's only SelfLog.
/// </summary>
[CollectionDefinition(nameof(TranscriptSinksTests), DisableParallelization = true)]
[Collection(nameof(TranscriptSinksTests))]
public sealed class TranscriptSinksTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly System.Text.StringBuilder _shown = new();

    private string[] Shown => _shown.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string[] Logged => File.ReadAllLines(_directory.PathOf("snapshots.log"));

    [Fact]
    public void The_log_has_what_came_before_it_was_opened_too()
    {
        Write(sinks => sinks.Open(_directory.Open(), "snapshots.log"));

        Assert.Equal(["early", "✅ late (oso-201)", "< HTTP/1.1 200 OK"], Shown);
        Assert.Equal(Shown, Logged);
    }

    [Fact]
    public void The_log_is_appended_to_over_runs()
    {
        Write(sinks => sinks.Open(_directory.Open(), "snapshots.log"));
        Write(sinks => sinks.Open(_directory.Open(), "snapshots.log"));

        Assert.Equal(Shown, Logged);
        Assert.Equal(6, Logged.Length);
    }

    [Fact]
    public void A_removal_leaves_no_log()
    {
        Write(sinks => sinks.KeepOffTheVolume());

        Assert.Equal(3, Shown.Length);
        Assert.Empty(_directory.Content());
    }

    [Fact]
    public void A_log_that_cannot_be_opened_is_one_warning_and_no_failure()
    {
        _directory.Make("snapshots.log");

        Write(sinks => sinks.Open(_directory.Open(), "snapshots.log"));

        AssertOneWarning();
    }

    [Fact]
    public void A_log_on_a_full_volume_is_one_warning_and_no_failure()
    {
        _directory.Link("snapshots.log", "/dev/full");

        Write(sinks => sinks.Open(_directory.Open(), "snapshots.log"));

        AssertOneWarning();
    }

    [Fact]
    public void Text_with_braces_is_no_template()
    {
        Write(sinks => sinks.Open(_directory.Open(), "snapshots.log"), "a {Text} {0} {{b}} {@x}");

        Assert.Contains("a {Text} {0} {{b}} {@x}", Shown);
        Assert.Contains("a {Text} {0} {{b}} {@x}", Logged);
    }

    public void Dispose() => _directory.Dispose();

    private void AssertOneWarning()
    {
        Assert.Equal(["early", "✅ late (oso-201)", "< HTTP/1.1 200 OK"], Shown.Where(line => !line.StartsWith('⚠')));
        Assert.StartsWith($"⚠️ {_directory.PathOf("snapshots.log")} can't be written, so this run is logged on the console only: ", Assert.Single(Shown, line => line.StartsWith('⚠')), StringComparison.Ordinal);
    }

    private void Write(Action<TranscriptSinks> open, string? more = null)
    {
        using ServiceProvider services = new ServiceCollection()
            .AddLogging()
            .AddTranscript()
            .AddSingleton<TimeProvider>(new ManualTime())
            .AddSingleton(_ => new ConsoleOutput(bytes =>
            {
                _shown.Append(System.Text.Encoding.UTF8.GetString(bytes));
                return true;
            }))
            .BuildServiceProvider();
        Transcript transcript = services.GetRequiredService<Transcript>();
        transcript.Line("early");
        open(services.GetRequiredService<TranscriptSinks>());
        transcript.Success(LogId.SnapshotCaptured, "late");
        transcript.Line(more ?? "< HTTP/1.1 200 OK");
    }
}
