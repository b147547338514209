using System.Diagnostics;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>Runs system programs, which judge independently of our code, in the C locale and UTC.</summary>
internal static class SystemTool
{
    public static (int Status, string Output, string Error) Run(string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <returns>The program's output. The test fails if the program fails or writes to standard error.</returns>
    public static string Output(string program, params IEnumerable<string> arguments)
    {
        (int status, string output, string error) = Run(program, arguments);
        Assert.True(status == 0 && error.Length == 0, $"{program} ended with {status}: {error}");
        return output;
    }
}
