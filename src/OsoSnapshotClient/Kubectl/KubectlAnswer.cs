using System.Text.RegularExpressions;

namespace OsoSnapshotClient.Kubectl;

/// <summary>The result of a short call of kubectl.</summary>
internal sealed partial record KubectlAnswer(int ExitCode, string Output, string Error)
{
    public bool IsSuccess => ExitCode == 0;

    /// <summary>
    /// Standard error on one line, without kubectl's own log lines and its remark about runtimes, which name no cause.
    /// </summary>
    public string ErrorText => TextOf(Error);

    public static string TextOf(string error) =>
        string.Join(' ', error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !NamesNoCause().IsMatch(line)));

    [GeneratedRegex("^([EWI][0-9]{4} |Targeting container )")]
    private static partial Regex NamesNoCause();
}
