using System.Globalization;

namespace OsoSnapshotAgent.Linux;

/// <summary>
/// Gives memory back before a long wait: an ephemeral container has no limits of its own and lives on its pod's.
/// </summary>
internal static class ResidentMemory
{
    private const int DontNeed = 4;

    /// <summary>
    /// Collects garbage, and drops the code pages of the program and its libraries; those still needed come back by
    /// themselves.
    /// </summary>
    public static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        foreach (string line in File.ReadAllLines("/proc/self/maps"))
        {
            // "55d0a000-55d0b000 r-xp 00002000 08:02 173521 /usr/bin/oso-snapshot". Code only: the dynamic linker may
            // have written its relocations to pages that are merely readable.
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
