namespace OsoSnapshotAgent.Tests.House;

/// <summary>Compares the table "Rooms" of CONTRIBUTING.md with the usings of every file.</summary>
public sealed class RoomTests
{
    private const string AllAboveExcept = "all above except ";

    private static readonly List<(string Name, string[] MayUse)> Rooms = ReadRooms();

    public static TheoryData<string> Files => [.. SourceFile.All.Select(file => file.Path)];

    [Fact]
    public void Every_folder_of_the_source_is_in_the_table_and_the_other_way_round() => Assert.Equal(
        SourceFile.All.Select(file => file.Room).Where(room => room.Length > 0).Distinct().Order(StringComparer.Ordinal),
        Rooms.Select(room => room.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void A_room_may_only_use_rooms_that_stand_above_it_in_the_table()
    {
        for (int position = 0; position < Rooms.Count; position++)
        {
            Assert.Subset(
                Rooms.Take(position).Select(room => room.Name).ToHashSet(),
                Rooms[position].MayUse.ToHashSet());
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_uses_only_the_rooms_that_its_own_may_use(string path)
    {
        SourceFile file = SourceFile.All.Single(other => other.Path == path);

        // Files outside the rooms, such as Program.cs, compose all rooms. In the library they may use none.
        string[] mayUse = file.Room.Length > 0 ? Rooms.Single(room => room.Name == file.Room).MayUse
            : !path.StartsWith("OsoSnapshotCore/", StringComparison.Ordinal) ? [.. Rooms.Select(room => room.Name)]
            : [];

        Assert.Empty(file.UsedRooms.Except(mayUse));
    }

    // Reads rows such as "| `Target/` | … | Settings, Linux |": the room, its content, and the rooms that it may use.
    private static List<(string Name, string[] MayUse)> ReadRooms()
    {
        List<(string Name, string[] MayUse)> rooms = [];
        foreach (string[] row in Document.At("CONTRIBUTING.md").Table("room"))
        {
            string[] mayUse = row[2] switch
            {
                "nothing" => [],
                "all above" => [.. rooms.Select(room => room.Name)],
                _ when row[2].StartsWith(AllAboveExcept, StringComparison.Ordinal) =>
                    [.. rooms.Select(room => room.Name).Except(row[2][AllAboveExcept.Length..].Split(", "))],
                _ when row[2].Split(", and ") is [var like, var more] && like.StartsWith("as ", StringComparison.Ordinal) =>
                    [.. rooms.Single(room => room.Name == like[3..]).MayUse, .. more.Split(", ")],
                _ => row[2].Split(", "),
            };
            rooms.Add((row[0].Trim('`', '/'), mayUse));
        }

        return rooms;
    }
}
