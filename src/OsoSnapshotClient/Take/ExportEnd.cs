using System.Globalization;
using System.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Take;

/// <summary>What one connection brought, and what the agent reported at its end.</summary>
/// <param name="Came">The bytes that this connection brought.</param>
/// <param name="ExitCode">The exit status of <c>export</c>; null if the connection broke.</param>
/// <param name="ErrorText">What else the cluster or the agent said, on one line.</param>
internal sealed record ExportEnd(long Came, int? ExitCode, string ErrorText)
{
    /// <summary>The engine that made the bytes; null if the connection broke before the agent reported it.</summary>
    public string? Engine { get; init; }

    /// <summary>The size of the whole archive; null if the agent did not report it.</summary>
    public long? Bytes { get; init; }

    /// <summary>The SHA-256 of the whole archive; null if the agent did not report it.</summary>
    public Sha256? Sha256 { get; init; }

    /// <summary>Whether the offset lies after the archive's end: the earlier bytes are of another archive.</summary>
    public bool IsBeyondEnd => Came == 0 && ExitCode == (int)ExitStatus.Settings;

    /// <summary>Whether the agent can't read what it was asked for.</summary>
    public bool IsUnreadable => ExitCode == (int)ExitStatus.ArchiveFailed;

    /// <summary>Reads the lines <c>NAME VALUE</c> that the agent prints on standard error.</summary>
    public static ExportEnd Parse(string told, ExportEnd end)
    {
        StringBuilder others = new();
        foreach (string line in told.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', 2);
            end = words switch
            {
                ["engine", { Length: > 0 and < 200 } engine] => end with { Engine = engine },
                ["bytes", var text] when long.TryParse(
                    text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) =>
                    end with { Bytes = bytes },
                ["sha256", var text] when OsoSnapshotCore.Files.Sha256.TryParse(text, out Sha256? sha256) =>
                    end with { Sha256 = sha256 },
                _ => Other(line),
            };
        }

        return others.Length > 0 ? end with { ErrorText = Printable.Text(others.ToString().Trim()) } : end;

        ExportEnd Other(string line)
        {
            others.Append(line).Append(' ');
            return end;
        }
    }
}
