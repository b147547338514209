namespace TsdbJudge.Damage;

/// <summary>A field of a file.</summary>
/// <param name="CheckedFrom">The first byte that the field's checksum covers.</param>
/// <param name="ChecksumAt">The position of that checksum, or 0 if none covers the field.</param>
internal readonly record struct Place(string Section, string Field, int Offset, int Length, int CheckedFrom, int ChecksumAt)
{
    public string Kind => $"{Section}.{Field}";

    public bool HasChecksum => ChecksumAt > 0;
}
