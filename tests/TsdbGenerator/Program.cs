using System.Diagnostics;
using TsdbGenerator;

try
{
    GeneratorOptions options = CommandLine.Parse(args, TimeProvider.System);
    var watch = Stopwatch.StartNew();
    BlockTable.Print(Console.Out, BlockGenerator.Generate(options), watch.Elapsed);
    return 0;
}
catch (Exception problem) when (problem is ArgumentException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"TsdbGenerator: {problem.Message}");
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}
