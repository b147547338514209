using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OsoSnapshot.Formats;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Procedures;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Commands;

/// <summary>
/// Runs the procedure that the environment asks for, or the stream that <c>export --stream</c> asks for.
/// </summary>
internal static class RunCommand
{
    public static async Task<ExitStatus> TakeOrRemoveAsync()
    {
        AgentSettings settings = new();
        OperatorException? wrong = null;
        try
        {
            settings = Discovery.Settings();
            LateStart.Refuse(settings, TimeProvider.System.GetUtcNow());
        }
        catch (OperatorException e)
        {
            wrong = e;
        }

        return await RunAsync(settings, wrong);
    }

    public static async Task<ExitStatus> StreamAsync()
    {
        AgentSettings settings = new();
        OperatorException? wrong = null;
        try
        {
            settings = Discovery.Settings();
        }
        catch (OperatorException e)
        {
            wrong = e;
        }

        // Its client waits for the bytes, whatever the environment of the container says.
        return await RunAsync(settings with { Mode = RunMode.Stream }, wrong);
    }

    private static async Task<ExitStatus> RunAsync(AgentSettings settings, OperatorException? wrong)
    {
        Priority.Lower();
        using EndSignals signals = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(signals).AddTranscript().AddAgent(settings);
        if (settings.Mode == RunMode.Stream)
        {
            builder.Services.AddStreaming();
        }

        using IHost host = builder.Build();
        IServiceProvider services = host.Services;
        if (settings.Mode != RunMode.Stream)
        {
            services.GetRequiredService<ControlServer>().Start();
        }

        return await services.GetRequiredService<ProcedureRunner>().RunAsync((undo, token) =>
        {
            if (wrong is not null)
            {
                throw wrong;
            }

            return settings.Mode switch
            {
                RunMode.Take => services.GetRequiredService<TakeProcedure>().RunAsync(undo, token),
                RunMode.Stream => services.GetRequiredService<StreamProcedure>().RunAsync(undo, token),
                _ => services.GetRequiredService<RemoveProcedure>().RunAsync(token),
            };
        });
    }
}
