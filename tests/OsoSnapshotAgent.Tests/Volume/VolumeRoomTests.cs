using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Tests.Volume;

public sealed class VolumeRoomTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Has_no_room_left_when_all_of_the_volume_is_reserved() =>
        Assert.True(new VolumeRoom(new DataDirectory(_directory.Open()), new Reserve(0, 100)).RoomBytes < 0);

    public void Dispose() => _directory.Dispose();
}
