using System.Diagnostics;

namespace OsoSnapshotAgent.EndToEnd.Processes;

/// <summary>Runs programs of the system on which the tests run.</summary>
internal static class HostCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Adds sudo if the tests don't run as root. sudo never asks for a password, because nobody could type one.
    /// </summary>
    public static IReadOnlyList<string> AsRoot(params IEnumerable<string> command) =>
        Environment.UserName == "root" ? [.. command] : ["sudo", "-n", .. command];

    public static Task<CommandResult> RunAsync(params string[] command) => RunAsync((IReadOnlyList<string>)command);

    /// <exception cref="TimeoutException">The command did not end in time, and was killed.</exception>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> command, string? workingDirectory = null, TimeSpan? deadline = null)
    {
        using Process process = Start(command, workingDirectory);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(deadline ?? Deadline);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {deadline ?? Deadline}.");
        }

        return new CommandResult(string.Join(' ', command), process.ExitCode, await output, await error);
    }

    /// <summary>Starts a program with pipes for its three streams.</summary>
    public static Process Start(IReadOnlyList<string> command, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? string.Empty,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
    }
}
