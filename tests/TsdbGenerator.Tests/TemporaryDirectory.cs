namespace TsdbGenerator.Tests;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tsdb-generator-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
