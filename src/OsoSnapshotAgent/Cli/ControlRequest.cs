using System.Globalization;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>The line with which a verb asks the agent: a word, and perhaps one argument after a space.</summary>
internal sealed record ControlRequest(string Verb, string? Argument = null)
{
    /// <summary>The limit of the line.</summary>
    public const int MaxBytes = 128;

    public const string Status = "status";
    public const string Release = "release";
    public const string Remove = "remove";
    public const string Cancel = "cancel";
    public const string Quit = "quit";
    public const string Settings = "settings";

    /// <summary>Its argument is the number of bytes of JSON that follow the line.</summary>
    public const string Start = "start";

    /// <summary>Its argument is the position, and perhaps the run's name after a space.</summary>
    public const string Follow = "follow";

    public const string Stream = "stream";

    /// <summary>A <see cref="OsoSnapshotCore.Protocol.RestoreRequest"/> follows the line, and then blocks.</summary>
    public const string Receive = "receive";

    /// <summary>The argument as a number; null if it is none.</summary>
    public long? Number => Parsed(Argument);

    /// <summary>The argument of <see cref="Follow"/>; null if it is none.</summary>
    public (long Position, string? Run)? Followed => Argument?.Split(' ', 2) switch
    {
        [var position] when Parsed(position) is { } number => (number, null),
        [var position, var run] when Parsed(position) is { } number && StartRequest.IsName(run) => (number, run),
        _ => null,
    };

    public static ControlRequest Parse(string line) =>
        line.Split(' ', 2) is [var verb, var argument] ? new(verb, argument) : new(line);

    public override string ToString() => Argument is null ? Verb : $"{Verb} {Argument}";

    private static long? Parsed(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
