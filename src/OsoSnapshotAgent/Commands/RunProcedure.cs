using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Steps;

namespace OsoSnapshotAgent.Commands;

/// <summary>The procedure that the environment asks for, and its variant that archives straight to standard output.</summary>
internal static class RunProcedure
{
    public static async Task<ExitStatus> RunAsync(bool toStandardOutput = false)
    {
        Priority.Lower();
        using EndSignals signals = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(signals).AddTranscript();
        try
        {
            AgentSettings settings = Discovery.Settings();
            if (toStandardOutput)
            {
                // Its client waits for the bytes, whatever the environment of the container says.
                settings = settings with { ToStandardOutput = true, Remove = false };
            }
            else
            {
                LateStart.Refuse(settings, TimeProvider.System.GetUtcNow());
            }

            builder.Services.AddAgent(settings).AddSteps(settings);
        }
        catch (AgentException problems)
        {
            builder.Services.AddAgent(new AgentSettings()).AddSingleton<IStep>(new RefuseSettings(problems));
        }

        if (toStandardOutput)
        {
            builder.Services.AddStreaming();
        }

        using IHost host = builder.Build();
        if (!toStandardOutput)
        {
            host.Services.GetRequiredService<ControlServer>().Start();
        }

        return await host.Services.GetRequiredService<StepRunner>().RunAsync();
    }
}
