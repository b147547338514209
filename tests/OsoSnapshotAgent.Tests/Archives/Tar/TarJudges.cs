using System.Text.Json;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Archives.Tar;

/// <summary>Reads archives with GNU tar and with Python's tarfile.</summary>
internal static class TarJudges
{
    // GNU tar lists the entries, and extracts the contents one after the other. null stands for a refused archive.
    private const string Program = """
        import hashlib, json, re, subprocess, sys, tarfile

        LINE = re.compile(rb'(.)\S+ +\S+/\S+ +(\d+|\d+,\d+) [-\d]+ [:\d]+ (.*)', re.S)
        ESCAPES = dict(zip(b'abfnrtv\\ ', b'\a\b\f\n\r\t\v\\ '))

        def unescape(name):
            def one(match):
                text = match.group(1)
                return bytes([int(text, 8) if text.isdigit() else ESCAPES[text[0]]])
            return re.sub(rb'\\([0-7]{3}|.)', one, name)

        def text(name):
            return name.decode('utf-8', 'replace')

        def gnu(path):
            run = lambda *options: subprocess.run(['tar', *options, '-f', path], capture_output=True)
            listing, contents = run('-tv', '-P', '--numeric-owner', '--quoting-style=escape'), run('-xO', '-P')
            if listing.returncode or contents.returncode:
                return None
            entries = []
            for line in listing.stdout.splitlines():
                kind, size, name = LINE.fullmatch(line).groups()
                kind = {b'-': 'File', b'C': 'File', b'd': 'Directory'}.get(kind, 'Other')
                if kind == 'Other':
                    name = re.split(rb' -> | link to |--Volume Header--', name)[0]
                entries.append([text(unescape(name)), kind, int(size) if kind == 'File' else 0])
            return {'entries': entries, 'contents': hashlib.sha256(contents.stdout).hexdigest()}

        def python(path):
            entries, contents = [], hashlib.sha256()
            try:
                with tarfile.open(path, errorlevel=2) as tar:
                    for entry in tar:
                        kind = 'File' if entry.isreg() else 'Directory' if entry.isdir() else 'Other'
                        if kind == 'File':
                            contents.update(tar.extractfile(entry).read())
                        name = text(entry.name.encode('utf-8', 'surrogateescape'))
                        entries.append([name, kind, entry.size if kind == 'File' else 0])
            except (tarfile.TarError, OSError, ValueError):
                return None
            return {'entries': entries, 'contents': contents.hexdigest()}

        print(json.dumps([[gnu(path), python(path)] for path in sys.argv[1:]]))
        """;

    /// <summary>Reads the archives in their order. null stands for one that the judge refuses.</summary>
    public static IReadOnlyList<(JudgedTar? Gnu, JudgedTar? Python)> List(params IEnumerable<string> archives)
    {
        string output = SystemTool.Output("python3", ["-S", "-E", "-c", Program, .. archives]);
        JudgedTar?[][] judged = JsonSerializer.Deserialize<JudgedTar?[][]>(output, JsonSerializerOptions.Web)!;
        return [.. judged.Select(pair => (pair[0], pair[1]))];
    }

    public static void AssertSame(string judge, JudgedTar? judged, TarListing ours, string told)
    {
        string theirs = judged is null ? "refuses it" : string.Join('\n', judged.Lines);
        string own = string.Join('\n', ours.Lines);
        Assert.True(theirs == own, $"{told}\n{judge}:\n{theirs}\nours:\n{own}");
    }
}

/// <summary>
/// An archive as a judge reads it: name, kind and size of each entry, and one checksum over all contents.
/// </summary>
internal sealed record JudgedTar(IReadOnlyList<JsonElement[]> Entries, string Contents)
{
    /// <summary>Lines that can be compared with <see cref="TarListing.Lines"/>.</summary>
    public IEnumerable<string> Lines => Entries
        .Select(entry => TarListing.Line(entry[0].GetString()!, entry[1].GetString()!, entry[2].GetInt64()))
        .Append(Contents);
}
