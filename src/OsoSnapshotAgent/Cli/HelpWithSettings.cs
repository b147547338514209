using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Cli;

/// <summary>Adds the settings to <c>--help</c> without a verb.</summary>
internal sealed class HelpWithSettings(HelpAction help) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int status = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
        {
            parseResult.InvocationConfiguration.Output.Write(SettingsTable.Help);
        }

        return status;
    }
}
