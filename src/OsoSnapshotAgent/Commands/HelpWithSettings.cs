using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using OsoSnapshotAgent.Settings;

namespace OsoSnapshotAgent.Commands;

/// <summary>
/// Adds the settings to <c>--help</c> without a verb. The usage after an error lacks them: they would hide the error.
/// </summary>
internal sealed class HelpWithSettings(HelpAction help) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int status = help.Invoke(parseResult);
        if (parseResult is { CommandResult.Command: RootCommand, Errors.Count: 0 })
        {
            parseResult.InvocationConfiguration.Output.Write(SettingsHelp.Text);
        }

        return status;
    }
}
