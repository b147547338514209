using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace OsoSnapshotAgent.Tests.Archiving;

/// <summary>A file or directory. A directory's name ends with a slash, and its content is empty.</summary>
internal sealed record RandomItem(string Name, byte[] Content, uint User, uint Group, int Mode, DateTimeOffset ModifiedAt)
{
    public bool IsDirectory => Name.EndsWith('/');

    public override string ToString() => $"{Name.Replace("\n", "\\n", StringComparison.Ordinal)} {Content.Length} bytes {User}:{Group} {Convert.ToString(Mode, 8)} {ModifiedAt:u}";
}

/// <summary>A random tree, which FsCheck makes.</summary>
internal sealed record RandomTree(int Workers, IReadOnlyList<RandomItem> Items)
{
    private const int SliceBytes = 512 * 1024;
    private const string Letters = "aZ09.-_ '\"\\\nüß日😀";

    private static readonly Gen<string> Letter = Gen.Elements(EnumerateLetters());

    private static readonly Gen<string> Part =
        from length in Gen.Frequency((4, Gen.Choose(1, 20)), (2, Gen.Choose(60, 120)), (1, Gen.Choose(200, 250)))
        from letter in Gen.Elements(Letter, Gen.Elements("a", "Z", "0", "."))
        from letters in Gen.ArrayOf(letter, length)
        select Named(string.Concat(letters));

    private static readonly Gen<string> Name =
        from depth in Gen.Choose(1, 4)
        from parts in Gen.ArrayOf(Part, depth)
        from end in Gen.Elements(string.Empty, string.Empty, string.Empty, "/")
        select string.Join('/', parts) + end;

    private static readonly Gen<int> Size = Gen.Frequency(
        (3, Gen.Elements(0, 1, 511, 512, 513)), (3, Gen.Choose(0, 5000)), (2, Gen.Elements(SliceBytes - 1, SliceBytes, SliceBytes + 1)), (1, Gen.Choose(3 * SliceBytes, 6 * SliceBytes)));

    private static readonly Gen<uint> Id = Gen.Frequency(
        (2, Gen.Elements(0u, 1000u, 65534u)), (2, Gen.Elements(2_097_151u, 2_097_152u, 2_147_483_648u, 4_294_967_294u)), (1, Gen.Choose(0, int.MaxValue).Select(id => 2u * (uint)id)));

    private static readonly Gen<DateTimeOffset> Time =
        Gen.Frequency((1, Gen.Elements(-1L, 0, int.MaxValue, 1L + int.MaxValue, 4_102_444_800)), (2, Gen.Choose(0, int.MaxValue).Select(seconds => (long)seconds)))
            .Select(DateTimeOffset.FromUnixTimeSeconds);

    private static readonly Gen<RandomItem> Item =
        from name in Name
        from size in Size
        from kind in Gen.Choose(0, 2)
        from noise in Gen.Choose(0, int.MaxValue)
        from user in Id
        from @group in Id
        from mode in Gen.Choose(0, 0xFFF)
        from time in Time
        select new RandomItem(name, Content(name.EndsWith('/') ? 0 : size, kind, noise), user, @group, mode, time);

    public static Gen<RandomTree> Trees { get; } =
        from workers in Gen.Choose(1, 4)
        from count in Gen.Choose(1, 12)
        from items in Gen.ArrayOf(Item, count)
        select new RandomTree(workers, [.. items.Select(Unique)]);

    public override string ToString() => $"{Workers} workers\n" + string.Join('\n', Items);

    // tar removes these two names from a path.
    private static string Named(string part) => part is "." or ".." ? "dots" : part;

    private static RandomItem Unique(RandomItem item, int position) =>
        item with { Name = string.Create(CultureInfo.InvariantCulture, $"snapshots/{position}/{item.Name}") };

    private static string[] EnumerateLetters()
    {
        TextElementEnumerator letters = StringInfo.GetTextElementEnumerator(Letters);
        List<string> all = [];
        while (letters.MoveNext())
        {
            all.Add(letters.GetTextElement());
        }

        return [.. all];
    }

    private static byte[] Content(int size, int kind, int noise)
    {
        byte[] content = new byte[size];
        Random random = new(noise);
        switch (kind)
        {
            case 0:
                break;
            case 1:
                for (int i = 0; i < size; i++)
                {
                    content[i] = (byte)"up{job=\"self\"} 1\n"[(i + (i >> 9)) % 17];
                }

                break;
            default:
                random.NextBytes(content);
                break;
        }

        return content;
    }
}
