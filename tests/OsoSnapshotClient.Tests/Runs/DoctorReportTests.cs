using OsoSnapshotClient.Runs;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotClient.Tests.Runs;

public sealed class DoctorReportTests
{
    private static readonly Inspection Sound = new()
    {
        Version = "0.3.0",
        AgentIdentity = "65534:65534",
        ServerIdentity = "65534:65534",
        PrometheusVersion = "3.5.0",
        IsAdminApiOn = true,
        DataDirectory = "/data",
        Blocks = 4,
        BlockBytes = 8L << 30,
        HeadBytes = 1L << 30,
        FreeBytes = 20L << 30,
        RoomBytes = 10L << 30,
        ArchiveBytes = 7L << 30,
        NeededForArchive = 8L << 30,
        NeededForSnapshot = 1L << 30,
    };

    [Fact]
    public void A_sound_pod_is_all_good()
    {
        DoctorReport report = Look(Sound);

        Assert.Equal(ExitStatus.Done, report.Status);
        Assert.Null(report.FirstProblem);
        Assert.Equal(DoctorReport.InsideNames, report.Lines.Select(line => line.Name));
        Assert.All(report.Lines, line => Assert.Equal(("good", null), (line.Verdict, line.Remedy)));
        Assert.Equal(
            [
                "on, Prometheus 3.5.0",
                "/data, owner 65534:65534",
                "4 blocks, 8.0 GiB; in memory and WAL 1.0 GiB",
                "8.0 GiB needed, 10.0 GiB free; an archive of some 7.0 GiB takes some 3m46s",
                "1.0 GiB needed, 10.0 GiB free; an archive of some 7.0 GiB takes some 3m46s",
            ],
            report.Lines.Select(line => line.Text.Replace("3m 46s", "3m46s", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_admin_API_that_is_off_forbids_a_take()
    {
        DoctorReport report = Look(Sound with { IsAdminApiOn = false });

        Assert.Equal(ExitStatus.PrometheusRefused, report.Status);
        Assert.Equal("admin API: off, Prometheus 3.5.0", report.FirstProblem);
        Assert.Equal("start Prometheus with --web.enable-admin-api", report.Lines[0].Remedy);
    }

    [Theory]
    [InlineData(8L << 30, "good", "good")]
    [InlineData((8L << 30) - 1, "bad", "good")]
    [InlineData(0L, "bad", "bad")]
    [InlineData(-5L, "bad", "bad")]
    public void Too_little_room_forbids_what_needs_it(long room, string take, string stream)
    {
        DoctorReport report = Look(Sound with { RoomBytes = room });

        Assert.Equal([take, stream], report.Lines.TakeLast(2).Select(line => line.Verdict));
        Assert.Equal(take == "bad" ? ExitStatus.NoRoom : ExitStatus.Done, report.Status);
        Assert.DoesNotContain("-", report.Lines[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_agent_could_not_see_is_told_with_its_reason_and_is_not_good()
    {
        DoctorReport report = Look(Sound with
        {
            DataDirectory = null,
            RoomBytes = null,
            Problems = new Dictionary<string, string> { ["dataDirectory"] = "no such process", ["roomBytes"] = "no volume" },
        });

        Assert.Equal(("bad", "no such process"), (report.Lines[1].Verdict, report.Lines[1].Text));
        Assert.All(report.Lines.TakeLast(2), line => Assert.Equal(("bad", "no volume"), (line.Verdict, line.Text)));
        Assert.Equal(ExitStatus.TargetUnreachable, report.Status);
    }

    [Fact]
    public void The_status_is_that_of_the_first_line_that_forbids_a_take()
    {
        DoctorReport report = new();
        report.Add("a", DoctorVerdict.Warning, "w");
        report.Add("b", DoctorVerdict.Unknown, "u");
        Assert.Equal(ExitStatus.Done, report.Status);

        report.Add("c", DoctorVerdict.Bad, "first", "do it", ExitStatus.NoRoom);
        report.Add("d", DoctorVerdict.Bad, "second", "do that", ExitStatus.Busy);

        Assert.Equal((ExitStatus.NoRoom, "c: first"), (report.Status, report.FirstProblem));
    }

    [Fact]
    public void Each_line_has_its_sign_and_nothing_from_outside_is_a_command()
    {
        DoctorReport report = new();
        report.Add("good", DoctorVerdict.Good, "x\u001b[2J\ny");
        report.Add("unknown", DoctorVerdict.Unknown, "u");
        report.Add("warning", DoctorVerdict.Warning, "w");
        report.Add("bad", DoctorVerdict.Bad, "b", "do\nit");

        string[] lines = report.ToText("p").Split('\n');

        Assert.Equal("p", lines[0]);
        Assert.Equal(["✅", "· ", "⚠️", "❌"], lines[1..5].Select(line => line[..2].Trim().Length == 1 && line[0] != '·' ? line[..1] : line[..2]));
        Assert.EndsWith("x [2J y", lines[1], StringComparison.Ordinal);
        Assert.Equal("   What to do: do it", lines[5]);
    }

    private static DoctorReport Look(Inspection seen)
    {
        DoctorReport report = new();
        report.AddInside(seen);
        return report;
    }
}
