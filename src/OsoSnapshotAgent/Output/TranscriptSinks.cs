using System.Globalization;
using Microsoft.Win32.SafeHandles;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;
using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace OsoSnapshotAgent.Output;

/// <summary>
/// Serilog's sinks: the console from the start, and <c>snapshots.log</c> when its directory is known. The log gets the
/// earlier lines too. If it can't be written, the run continues with a warning.
/// </summary>
internal sealed class TranscriptSinks : ILogEventSink, IDisposable
{
    // Lines have no prefix: scripts look for "< HTTP/1.1 200 OK" at the start of one.
    private const string Template = "{Message:lj}{Number:l}{NewLine}{Exception}";

    // Serilog.Extensions.Logging gives a text state this name.
    private const string Text = "State";
    private const string Number = "Number";

    private readonly ConsoleOutput _console;
    private readonly MessageTemplateTextFormatter _formatter = new(Template, CultureInfo.InvariantCulture);
    private readonly Queue<LogEvent> _early = new();
    private Logger? _file;
    private SafeFileHandle? _log;
    private string? _path;
    private bool _warned;

    public TranscriptSinks(ConsoleOutput console)
    {
        _console = console;
        SelfLog.Enable(Warn);
    }

    public void Emit(LogEvent logEvent)
    {
        Complete(logEvent);
        using StringWriter text = new(CultureInfo.InvariantCulture);
        _formatter.Format(logEvent, text);

        // An exception's text may hold the name of a file, and so control characters.
        _console.WriteLine(Printable.Text(text.ToString().TrimEnd('\n'), keepsLines: true));
        if (_file is not null)
        {
            _file.Write(logEvent);
        }
        else
        {
            _early.Enqueue(logEvent);
        }
    }

    private static void Complete(LogEvent logEvent)
    {
        if (logEvent.Properties.TryGetValue(Text, out LogEventPropertyValue? value)
            && value is ScalarValue { Value: string text })
        {
            logEvent.AddOrUpdateProperty(new LogEventProperty(Text, new ScalarValue(Printable.Text(text))));
        }

        string number = NumberOf(logEvent) is { } id and > 0 ? $" (oso-{id})" : string.Empty;
        logEvent.AddOrUpdateProperty(new LogEventProperty(Number, new ScalarValue(number)));
    }

    // Serilog.Extensions.Logging makes the id of an event a structure of number and name.
    private static int? NumberOf(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(
            "EventId",
            out LogEventPropertyValue? value) && value is StructureValue structure
            ? structure.Properties.Select(
                property => (property.Value as ScalarValue)?.Value).OfType<int>().FirstOrDefault()
            : null;

    /// <summary>Opens a file. All lines are appended to it from now on.</summary>
    public void Open(DirectoryHandle directory, string name)
    {
        _path = directory.PathOf(name);
        try
        {
            _log = directory.OpenToAppend(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Warn(e.Message);
            KeepOffTheVolume();
            return;
        }

        // Serilog opens files by path. This path leads to the open file even if its name changed: proc(5),
        // /proc/PID/fd.
        string opened = $"/proc/self/fd/{_log.DangerousGetHandle()}";
        _file = new LoggerConfiguration()
            .WriteTo.File(
                opened,
                outputTemplate: Template,
                formatProvider: CultureInfo.InvariantCulture,
                fileSizeLimitBytes: null)
            .CreateLogger();
        while (_early.TryDequeue(out LogEvent? logEvent))
        {
            _file.Write(logEvent);
        }
    }

    /// <summary>Keeps the log off the volume, for runs that delete it or leave no file.</summary>
    public void KeepOffTheVolume()
    {
        _file = new LoggerConfiguration().CreateLogger();
        _early.Clear();
    }

    public void Dispose()
    {
        try
        {
            _file?.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Warn(e.Message);
        }

        _log?.Dispose();
        SelfLog.Disable();
    }

    private void Warn(string message)
    {
        if (!_warned)
        {
            _warned = true;
            _console.WriteLine(
                $"⚠️ {_path} can't be written, so this run is logged on the console only: {Printable.Text(message.Split('\n')[0])}");
        }
    }
}
