using System.Diagnostics;

namespace OsoSnapshotAgent.Tests.Fixtures;

/// <summary>Runs a program of the system, which judges independently of our code; C locale, UTC.</summary>
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

    /// <returns>What the program has printed; fails the test unless it ends with 0 and says nothing on standard error.</returns>
    public static string Output(string program, params IEnumerable<string> arguments)
    {
        (int status, string output, string error) = Run(program, arguments);
        Assert.True(status == 0 && error.Length == 0, $"{program} ended with {status}: {error}");
        return output;
    }
}
