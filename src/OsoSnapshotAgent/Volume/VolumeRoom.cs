using OsoSnapshotAgent.Settings;
using OsoSnapshotCore.Files;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Volume;

/// <summary>The volume of a data directory, without the space that stays reserved for Prometheus.</summary>
internal sealed class VolumeRoom(DataDirectory data, Reserve reserve)
{
    public string PathSeenByAgent => data.PathSeenByAgent;

    /// <summary>Free bytes beyond the reserve; negative when the volume has less free than the reserve.</summary>
    public long RoomBytes
    {
        get
        {
            VolumeSpace space = data.Directory.Space();
            return ByteSize.Sum(space.FreeBytes, -reserve.BytesOf(space.TotalBytes));
        }
    }

    /// <returns>A text with the volume's free space, and how much of that stays reserved.</returns>
    public string Describe()
    {
        VolumeSpace space = data.Directory.Space();
        return $"{data.PathSeenByAgent} has {ByteSize.Format(space.FreeBytes)} free of {ByteSize.Format(space.TotalBytes)}, "
            + $"of which {ByteSize.Format(reserve.BytesOf(space.TotalBytes))} stay reserved for Prometheus (OSO_SNAPSHOT_RESERVE)";
    }
}
