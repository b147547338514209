using System.Text;

namespace OsoSnapshotAgent.Tests.House;

/// <summary>A message or comment of the source.</summary>
/// <param name="Value">A message with <c>…</c> for each value in it. Literals joined by + are one message.</param>
internal sealed record SourceText(string Path, int Line, bool IsComment, string Value)
{
    public const char Varying = '…';

    public static IReadOnlyList<SourceText> All { get; } =
        [.. SourceFile.All.SelectMany(file => Read(file.Path, file.Text))];

    public static IEnumerable<SourceText> Read(string path, string code)
    {
        int position = 0;
        int line = 1;
        int counted = 0;
        SourceText? pending = null;
        int end = 0;
        while (position < code.Length)
        {
            int start = position;
            (string? text, bool isComment) = Next(code, ref position);
            if (text is null)
            {
                continue;
            }

            line += code.AsSpan(counted, start - counted).Count('\n');
            counted = start;
            bool isContinued = pending is { IsComment: false } && !isComment
                && code.AsSpan(end, start - end).Trim(" \n\r+").IsEmpty;
            if (pending is not null && !isContinued)
            {
                yield return pending;
            }

            pending = isContinued
                ? pending! with { Value = pending!.Value + text }
                : new(path, line, isComment, text);
            end = position;
        }

        if (pending is not null)
        {
            yield return pending;
        }
    }

    // Steps over one character, comment or literal. Returns the text of a comment or literal.
    private static (string? Text, bool IsComment) Next(string code, ref int position)
    {
        if (code.AsSpan(position).StartsWith("//"))
        {
            int end = code.IndexOf('\n', position);
            string comment = code[position..(end < 0 ? code.Length : end)];
            position += comment.Length;
            return (comment, true);
        }

        if (code[position] == '\'')
        {
            position += code[position + 1] == '\\' ? code.IndexOf('\'', position + 3) - position + 1 : 3;
            return (null, false);
        }

        int quote = position;
        while (quote < code.Length && code[quote] is '$' or '@')
        {
            quote++;
        }

        if (quote == code.Length || code[quote] != '"')
        {
            position++;
            return (null, false);
        }

        string prefix = code[position..quote];
        position = quote;
        return (Literal(code, prefix, ref position), false);
    }

    private static string Literal(string code, string prefix, ref int position)
    {
        int quotes = 1;
        while (code[position + quotes] == '"' && position + quotes + 1 < code.Length)
        {
            quotes++;
        }

        bool isRaw = quotes > 2 && !prefix.Contains('@', StringComparison.Ordinal);
        bool isVerbatim = prefix.Contains('@', StringComparison.Ordinal);
        int braces = prefix.Count(letter => letter == '$');
        string border = new('"', isRaw ? quotes : 1);
        StringBuilder text = new();
        position += border.Length;
        while (!code.AsSpan(position).StartsWith(border) || IsDoubled(code, position, isVerbatim))
        {
            if (braces > 0 && code.AsSpan(position).StartsWith(new string('{', braces)) && (isRaw || code[position + 1] != '{'))
            {
                text.Append(Varying);
                SkipHole(code, ref position);
                position += braces - 1;
                continue;
            }

            int length = (code[position] == '\\' && !isRaw && !isVerbatim) || IsDoubled(code, position, isVerbatim)
                || (braces > 0 && !isRaw && code[position] is '{' or '}') ? 2 : 1;
            text.Append(length == 2 && code[position] != '\\' ? code[position].ToString() : code.Substring(position, length));
            position += length;
        }

        position += border.Length;
        return text.ToString();
    }

    private static bool IsDoubled(string code, int position, bool isVerbatim) =>
        isVerbatim && code.AsSpan(position).StartsWith("\"\"");

    // The code between the braces may have literals of its own.
    private static void SkipHole(string code, ref int position)
    {
        int depth = 0;
        do
        {
            depth += code[position] == '{' ? 1 : code[position] == '}' ? -1 : 0;
            if (code[position] is '"' or '$' or '@' or '\'')
            {
                Next(code, ref position);
            }
            else
            {
                position++;
            }
        }
        while (depth > 0);
    }
}
