
namespace OsoSnapshotCore.Archives;

/// <summary>An entry as it was read from the snapshot.</summary>
/// <param name="Name">The name in the archive. The name of a directory ends with a slash.</param>
/// <param name="SizeBytes">0 for a directory.</param>
/// <param name="Crc32C">The checksum of the content.</param>
internal readonly record struct ArchivedEntry(string Name, long SizeBytes, uint Crc32C);
