using OsoSnapshotClient.Display;

namespace OsoSnapshotClient.Tests.Display;

public sealed class BriefReportTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly BriefReport _report;

    public BriefReportTests() =>
        _report = new(new LineReport(_output, string.Empty, isQuiet: false, TimeProvider.System));

    private string[] Shown => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose() => _output.Dispose();

    [Theory]
    [InlineData("✅ Snapshot 20261121T091650Z-73aa071737993df3 captured. (oso-201)", true)]
    [InlineData("⚠️ The in-memory head has samples that came out of order. (oso-304)", true)]
    [InlineData("✅ No existing snapshots.tgz found. (oso-101)", false)]
    [InlineData("❌ Not enough room (oso-405)", false)]
    [InlineData("STEP 3: CREATING EXPORTABLE ARCHIVE OF THE SNAPSHOT DATA", false)]
    [InlineData("a file named (oso-201) is left alone", false)]
    public void Of_the_log_only_what_was_done_and_warnings_are_shown(string line, bool isShown)
    {
        _report.Log(line);

        Assert.Equal(isShown ? ["  │ " + line] : [], Shown);
    }

    [Fact]
    public void A_failure_shows_the_last_lines_of_the_log_before_the_message()
    {
        foreach (int number in Enumerable.Range(1, 30))
        {
            _report.Log($"line {number}");
        }

        _report.Fail("❌ It failed.");

        Assert.Equal([.. Enumerable.Range(11, 20).Select(number => $"  │ line {number}"), "❌ It failed."], Shown);
    }

    [Fact]
    public void A_success_shows_none_of_them()
    {
        _report.Log("line 1");

        _report.Say("✅ Done.");
        _report.Warn("⚠️ Look here.");

        Assert.Equal(["✅ Done.", "⚠️ Look here."], Shown);
    }
}
