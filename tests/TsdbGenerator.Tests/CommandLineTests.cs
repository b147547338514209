
namespace TsdbGenerator.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Reads_every_argument()
    {
        GeneratorOptions options = Parse("dir", "--size", "3GiB", "--blocks", "5", "--seed", "7", "--until", "2025-02-03T04:05:06Z");

        Assert.Equal(
            new GeneratorOptions
            {
                Directory = "dir",
                SizeBytes = 3L << 30,
                BlockCount = 5,
                Seed = 7,
                Until = new DateTimeOffset(2025, 2, 3, 4, 5, 6, TimeSpan.Zero),
            },
            options);
    }

    [Theory]
    [InlineData("The first argument must be the directory")]
    [InlineData("The first argument must be the directory", "--size", "1MiB")]
    [InlineData("--seed needs a value", "dir", "--seed")]
    [InlineData("--size is '1MB': write bytes", "dir", "--size", "1MB")]
    [InlineData("--size is '0': write bytes", "dir", "--size", "0")]
    [InlineData("--size is '9223372036854775807GiB': write bytes", "dir", "--size", "9223372036854775807GiB")]
    [InlineData("--blocks is 'two': write a whole number", "dir", "--blocks", "two")]
    [InlineData("--until is 'then': write 'now' or a time", "dir", "--until", "then")]
    [InlineData("There is no argument --colour", "dir", "--colour", "red")]
    public void Says_which_argument_is_wrong(string message, params string[] arguments)
    {
        var problem = Assert.Throws<ArgumentException>(() => Parse(arguments));

        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    private static GeneratorOptions Parse(params string[] arguments) => CommandLine.Parse(arguments, TimeProvider.System);
}
