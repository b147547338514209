
namespace OsoSnapshot.Formats.Verification;

/// <summary>One entry as it was read from the snapshot.</summary>
/// <param name="Name">In the archive; a directory's ends with a slash.</param>
/// <param name="SizeBytes">0 for a directory.</param>
/// <param name="Crc32C">Of the content.</param>
internal readonly record struct ArchivedEntry(string Name, long SizeBytes, uint Crc32C);
