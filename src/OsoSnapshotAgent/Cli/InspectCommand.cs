using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OsoSnapshotAgent.Output;
using OsoSnapshotAgent.Runs;
using OsoSnapshotAgent.Server;
using OsoSnapshotCore;
using OsoSnapshotCore.Protocol;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Cli;

/// <summary>The verbs that look at Prometheus and its volume, and change nothing.</summary>
internal static class InspectCommand
{
    public static Command List()
    {
        Option<bool> json = new("--json") { Description = "Print a JSON object on one line." };
        Command command = new("list", "Lists what REMOVE=yes would remove.") { json };
        command.SetAction(arguments => FileVerb.Run(() =>
        {
            using TargetContainer target = Discovery.FindTarget();
            VolumeListing found = VolumeSurvey.Of(target);
            if (arguments.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(found, ControlJson.Default.VolumeListing));
            }
            else
            {
                Print(found);
            }

            return ExitStatus.Done;
        }));
        return command;
    }

    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print a JSON object on one line." };
        Command command = new("inspect", "Looks at Prometheus and its volume as a run would. Changes nothing.")
        {
            json,
        };
        command.SetAction(async (arguments, token) =>
        {
            Inspection? seen = null;
            int status = FileVerb.Run(() =>
            {
                seen = InspectAsync(token).GetAwaiter().GetResult();
                return ExitStatus.Done;
            });
            if (seen is not null && arguments.GetValue(json))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(seen, ControlJson.Default.Inspection));
            }
            else if (seen is not null)
            {
                Print(seen);
            }

            return status;
        });
        return command;
    }

    private static async Task<Inspection> InspectAsync(CancellationToken token)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddLogging()
            .AddTranscript()
            .AddAgent(Discovery.Settings(Discovery.OfRun()))
            .AddSingleton(_ => new ConsoleOutput(_ => true))
            .BuildServiceProvider();
        return await services.GetRequiredService<InspectionRun>().RunAsync(token);
    }

    private static void Print(VolumeListing found)
    {
        PrintableWriter output = PrintableWriter.StandardOutput;
        output.WriteLine($"{found.DataDirectory}: {Plural.Of(found.Items.Count, "item")}");
        foreach (VolumeItem item in found.Items)
        {
            output.WriteLine($"{UtcTime.Format(item.Modified)}  {ByteSize.Format(item.Bytes),10}  {item.Name}");
        }

        if (found.ItemsLeftOut > 0)
        {
            output.WriteLine($"… and {found.ItemsLeftOut} more");
        }
    }

    private static void Print(Inspection seen)
    {
        PrintableWriter output = PrintableWriter.StandardOutput;
        Add("Agent", $"{seen.Version} as {seen.AgentIdentity}");
        Add("Prometheus", seen.PrometheusVersion);
        Add("Identity", seen.ServerIdentity);
        Add("Admin API", seen.IsAdminApiOn is { } isOn ? isOn ? "on" : "off" : null);
        Add("Directory", seen.DataDirectory);
        Add("Blocks", seen.Blocks?.ToString(CultureInfo.InvariantCulture));
        Add("Block bytes", Size(seen.BlockBytes));
        Add("Head bytes", Size(seen.HeadBytes));
        Add("Free", Size(seen.FreeBytes));
        Add("Archive", Size(seen.ArchiveBytes));
        Add("Needed", Size(seen.NeededForArchive));
        foreach ((string name, string problem) in seen.Problems)
        {
            Add("Not found", $"{name}: {problem}");
        }

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                output.WriteLine($"{name,-11}  {value}");
            }
        }
    }

    private static string? Size(long? bytes) => bytes is { } known ? ByteSize.Format(known) : null;
}
