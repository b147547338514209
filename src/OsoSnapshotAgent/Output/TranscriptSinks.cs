using System.Globalization;
using Microsoft.Win32.SafeHandles;
using OsoSnapshot.Formats.Text;
using OsoSnapshotAgent.Linux;
using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace OsoSnapshotAgent.Output;

/// <summary>
/// Serilog's sinks: the console at once, and <c>snapshots.log</c> once its directory is known. Earlier lines are kept
/// for it. A log that can't be written is a warning, never a failure.
/// </summary>
internal sealed class TranscriptSinks : ILogEventSink, IDisposable
{
    // Plain lines: scripts look for "< HTTP/1.1 200 OK" at the start of one.
    private const string Template = "{Message:lj}{Number:l}{NewLine}{Exception}";

    // Serilog.Extensions.Logging names a state that is a text so.
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

        // An exception's text may hold a file's name.
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
            && value is ScalarValue { Value: string text } && text.Any(char.IsControl))
        {
            logEvent.AddOrUpdateProperty(new LogEventProperty(Text, new ScalarValue(Printable.Text(text))));
        }

        string number = NumberOf(logEvent) is { } id and > 0 ? $" (oso-{id})" : string.Empty;
        logEvent.AddOrUpdateProperty(new LogEventProperty(Number, new ScalarValue(number)));
    }

    // Serilog.Extensions.Logging gives an event's id as a structure of number and name.
    private static int? NumberOf(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(
            "EventId",
            out LogEventPropertyValue? value) && value is StructureValue structure
            ? structure.Properties.Select(
                property => (property.Value as ScalarValue)?.Value).OfType<int>().FirstOrDefault()
            : null;

    /// <summary>Appends to a file from now on.</summary>
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

        // Serilog opens files by path. This one leads to what is open here, whatever has its name by now: proc(5),
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

    /// <summary>Nothing goes to a file in this run, since it deletes the file or leaves none.</summary>
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
