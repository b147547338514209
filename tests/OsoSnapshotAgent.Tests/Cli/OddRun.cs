using System.CommandLine;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotAgent.Tests.Cli;

/// <summary>Runs odd command lines in this process, and says which of them ended badly.</summary>
internal static class OddRun
{
    /// <param name="failures">The statuses of right lines that name a file or a cluster that is not there.</param>
    /// <returns>A line for each run that crashed, printed too much, or had no message.</returns>
    public static async Task<List<string>> FaultsAsync(
        Func<RootCommand> create, IEnumerable<OddLine> lines, string program, params int[] failures)
    {
        List<string> faults = [];
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        try
        {
            foreach (OddLine line in lines)
            {
                using StringWriter told = new();
                using StringWriter printed = new();
                Console.SetOut(printed);
                Console.SetError(told);
                int status = await CommandRun.RunAsync(create(), line.Words, program);
                string text = told.ToString();
                bool isExpected = status == 2 || (!line.IsWrong && (status == 0 || failures.Contains(status)));
                if (!isExpected || !IsReadable(text) || (status != 0 && !IsExplained(text + printed, status)))
                {
                    faults.Add($"{status} {line}: {(text.Length > 600 ? text[..600] : text)}");
                }
            }
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }

        return faults;
    }

    private static bool IsExplained(string text, int status) =>
        text.Contains("\"problem\":\"", StringComparison.Ordinal)
        || (text.Contains('❌', StringComparison.Ordinal)
            && (status != 2 || text.Contains("What to do: ", StringComparison.Ordinal)));

    // A bug prints its stack.
    private static bool IsReadable(string text) =>
        text.Length < 2500 && !text.Any(letter => char.IsControl(letter) && letter != '\n')
        && !text.Contains("   at ", StringComparison.Ordinal);
}

/// <summary>Tests that use the console or the working directory of this process run alone.</summary>
[CollectionDefinition(nameof(ConsoleTests), DisableParallelization = true)]
public sealed class ConsoleTests;
