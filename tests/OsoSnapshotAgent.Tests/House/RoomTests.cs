namespace OsoSnapshotAgent.Tests.House;

/// <summary>Compares the tables "Rooms" of CONTRIBUTING.md with the usings of every file.</summary>
public sealed class RoomTests
{
    private const string Core = "OsoSnapshotCore";
    private const string Agent = "OsoSnapshotAgent";
    private const string Client = "OsoSnapshotClient";
    private const int MaxOthers = 6;

    private static readonly List<Room> Library = Read("library", []);

    private static readonly Dictionary<string, List<Room>> Rooms = new()
    {
        [Core] = Library,
        [Agent] = Read("agent", Library),
        [Client] = Read("client", Library),
    };

    public static TheoryData<string> Files => [.. SourceFile.All.Select(file => file.Path)];

    [Theory]
    [InlineData(Core)]
    [InlineData(Agent)]
    [InlineData(Client)]
    public void Every_folder_of_the_source_is_in_the_table_and_the_other_way_round(string program) => Assert.Equal(
        SourceFile.All.Where(file => file.Program == program).Select(file => file.Room).Where(room => room.Length > 0)
            .Distinct().Order(StringComparer.Ordinal),
        Rooms[program].Select(room => room.Name).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(Core)]
    [InlineData(Agent)]
    [InlineData(Client)]
    public void A_room_may_only_use_rooms_that_stand_above_it_in_the_table_and_rooms_of_the_library(string program)
    {
        for (int position = 0; position < Rooms[program].Count; position++)
        {
            Room room = Rooms[program][position];

            Assert.Empty(room.MayUse.Except(Rooms[program].Take(position).Select(other => other.Name)));
            Assert.Empty(room.MayUseOfLibrary.Except(Names(Core)));
        }
    }

    // The client's Cli composes all seven rooms of its program.
    [Theory]
    [InlineData(Core)]
    [InlineData(Agent)]
    public void A_room_uses_at_most_six_others_of_its_program_and_six_of_the_library(string program) => Assert.Empty(
        Rooms[program]
            .Where(room => room.MayUse.Length > MaxOthers || room.MayUseOfLibrary.Length > MaxOthers)
            .Select(room => room.Name));

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_uses_only_the_rooms_that_its_own_may_use(string path)
    {
        SourceFile file = SourceFile.All.Single(other => other.Path == path);
        IEnumerable<(string Program, string Room)> used = file.UsedRooms.Where(
            use => Names(use.Program).Contains(use.Room));

        // Files outside the rooms, such as Program.cs, compose all rooms. In the library they may use none.
        if (file.Room.Length == 0)
        {
            used = file.Program == Core ? used : [];
        }

        Room? own = Rooms[file.Program].Find(room => room.Name == file.Room);
        Assert.DoesNotContain(used, use => !MayUse(file.Program, own, use));
    }

    [Theory]
    [InlineData(Core)]
    [InlineData(Agent)]
    [InlineData(Client)]
    public void A_room_uses_each_room_that_its_row_names(string program)
    {
        foreach (Room room in Rooms[program])
        {
            (string Program, string Room)[] used =
            [
                .. SourceFile.All.Where(file => (file.Program, file.Room) == (program, room.Name))
                    .SelectMany(file => file.UsedRooms),
            ];

            Assert.Empty(room.MayUse.Where(other => !used.Contains((program, other))).Select(other => (room.Name, other)));
            Assert.Empty(room.MayUseOfLibrary.Where(other => !used.Contains((Core, other))).Select(other => (room.Name, other)));
        }
    }

    private static bool MayUse(string program, Room? room, (string Program, string Room) use) => room is not null
        && (use.Program == program ? room.MayUse : use.Program == Core ? room.MayUseOfLibrary : []).Contains(use.Room);

    private static IEnumerable<string> Names(string program) =>
        Rooms.TryGetValue(program, out List<Room>? rooms) ? rooms.Select(room => room.Name) : [];

    // Reads rows such as "| `Server/` | … | Settings, Output | Text |": the room, its content, the rooms of its program
    // that it may use, and those of the library.
    private static List<Room> Read(string program, List<Room> library)
    {
        List<Room> rooms = [];
        foreach (string[] row in Document.At("CONTRIBUTING.md").Table($"room of the {program}"))
        {
            string[] above = [.. rooms.Select(room => room.Name)];
            string[] ofLibrary = row.Length > 3 ? Named(row[3], "all", [.. library.Select(room => room.Name)]) : [];
            rooms.Add(new(row[0].Trim('`', '/'), Named(row[2], "all above", above), ofLibrary));
        }

        return rooms;
    }

    private static string[] Named(string cell, string all, string[] every) => cell switch
    {
        "nothing" => [],
        _ when cell == all => every,
        _ when cell.StartsWith(all + " except ", StringComparison.Ordinal) =>
            [.. every.Except(cell[(all.Length + 8)..].Split(", "))],
        _ => cell.Split(", "),
    };

    private sealed record Room(string Name, string[] MayUse, string[] MayUseOfLibrary);
}
