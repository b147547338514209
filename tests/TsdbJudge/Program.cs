using System.Globalization;
using TsdbJudge;
using TsdbJudge.Damage;

const string Usage = """
    Usage: TsdbJudge run TABLE COUNT     ask real servers until the table has COUNT damages
           TsdbJudge show SEED DIR       write the damaged block to DIR, and say what each server says
           TsdbJudge generate DIR        write the corpus' generated blocks
    """;

switch (args)
{
    case ["run", string table, string count]:
        await Inquiry.RunAsync(table, ulong.Parse(count, CultureInfo.InvariantCulture), Console.Out);
        return 0;
    case ["show", string seed, string directory]:
        await Inquiry.ShowAsync(DamagedBlock.Create(ulong.Parse(seed, CultureInfo.InvariantCulture)), directory, Console.Out);
        return 0;
    case ["generate", string directory]:
        GeneratedBlocks.Write(directory);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}
