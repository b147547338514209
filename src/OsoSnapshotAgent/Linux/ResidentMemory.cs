using System.Globalization;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// Gives memory back before a long wait: an ephemeral container has no limit of its own and uses its pod's memory.
/// </summary>
internal static class ResidentMemory
{
    private const int DontNeed = 4;

    /// <summary>
    /// Collects garbage, and drops the code pages of the program and its libraries. The kernel reads a page again when
    /// it is needed.
    /// </summary>
    public static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        foreach (string line in File.ReadAllLines("/proc/self/maps"))
        {
            // "55d0a000-55d0b000 r-xp 00002000 08:02 173521 /usr/bin/oso-snapshot". Read-only data stays: the dynamic
            // linker may have written relocations to it.
            string[] fields = line.Split(' ', 6);
            if (fields[1] == "r-xp" && fields[4] != "0")
            {
                string[] ends = fields[0].Split('-');
                nuint start = Address(ends[0]);
                _ = LibC.Advise(start, Address(ends[1]) - start, DontNeed);
            }
        }
    }

    private static nuint Address(string hexadecimal) =>
        nuint.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
