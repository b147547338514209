using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;
using OsoSnapshotAgent.Tests.Fixtures;

namespace OsoSnapshotAgent.Tests.Target;

public sealed class VolumeTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Has_no_room_left_when_all_of_the_volume_is_reserved() =>
        Assert.True(new Volume(new DataDirectory(_directory.Open()), new Reserve(0, 100)).RoomBytes < 0);

    public void Dispose() => _directory.Dispose();
}
