using System.Text;

namespace OsoSnapshotCore.Text;

/// <summary>
/// Prints through <see cref="Printable"/>, which leaves the newlines. Every parser of outside text refuses newlines or
/// replaces them, so each newline that comes here is the program's own.
/// </summary>
/// <param name="output">Gets each call's text in one call. It stays open.</param>
internal sealed class PrintableWriter(TextWriter output) : TextWriter
{
    /// <summary>Standard output. JSON and archives bypass it.</summary>
    public static PrintableWriter StandardOutput => new(Console.Out);

    /// <summary>Standard error. JSON and bars bypass it.</summary>
    public static PrintableWriter StandardError => new(Console.Error);

    public override Encoding Encoding => output.Encoding;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value) => output.Write(Printable.Text(value ?? string.Empty, keepsLines: true));

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void Flush() => output.Flush();
}
