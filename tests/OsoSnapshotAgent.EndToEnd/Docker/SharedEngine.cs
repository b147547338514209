namespace OsoSnapshotAgent.EndToEnd.Docker;

/// <summary>Gives all classes of this folder the same engine.</summary>
[CollectionDefinition(nameof(SharedEngine))]
public sealed class SharedEngine : ICollectionFixture<DockerEngine>;
