using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;

namespace OsoSnapshotAgent.Commands;

/// <summary>Without a verb: the procedure that the environment asks for.</summary>
internal static class RunProcedure
{
    public static async Task<ExitStatus> RunAsync()
    {
        Priority.Lower();
        using EndSignals signals = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(signals).AddTranscript();
        try
        {
            AgentSettings settings = SettingsReader.Read(Variables(), TimeProvider.System);
            builder.Services.AddAgent(settings).AddSteps(settings);
        }
        catch (AgentException problems)
        {
            builder.Services.AddAgent(new AgentSettings()).AddSingleton<IStep>(new RefuseSettings(problems));
        }

        using IHost host = builder.Build();
        return await host.Services.GetRequiredService<StepRunner>().RunAsync();
    }

    private static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? string.Empty, StringComparer.Ordinal);
}
