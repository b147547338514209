namespace OsoSnapshotAgent.EndToEnd.Docker;

/// <summary>One engine for all classes of this folder.</summary>
[CollectionDefinition(nameof(SharedEngine))]
public sealed class SharedEngine : ICollectionFixture<DockerEngine>;
