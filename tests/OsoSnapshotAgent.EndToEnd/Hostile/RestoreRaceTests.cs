using OsoSnapshotAgent.EndToEnd.Plugin;
using OsoSnapshotAgent.EndToEnd.Processes;
using TsdbGenerator;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Tests that root restores safely into a directory of a user who swaps what lies there.</summary>
public sealed class RestoreRaceTests : IAsyncLifetime
{
    private const string Attacker = "65534:65534";
    private const int Rounds = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-restore-race-").FullName;

    private string Archive => Path.Combine(_folder, "snapshots.tgz");

    /// <summary>A directory of the attacker, in one of the attacker's.</summary>
    private string Restored => Path.Combine(_folder, "volume/restored");

    private string Blocks => Path.Combine(_folder, "snapshots/20250820T165101Z-0eb533ff8d43ed64");

    public async ValueTask InitializeAsync()
    {
        BlockGenerator.Generate(new GeneratorOptions { Directory = Blocks, BlockCount = 3, SizeBytes = 600_000, Seed = 1 });
        (await HostCommand.RunAsync(["tar", "czf", "snapshots.tgz", "snapshots"], _folder)).Succeeded();
        await RootShell.RunAsync("chmod 755 $0; mkdir $0/volume; chown $1 $0/volume", _folder, Attacker);
    }

    public async ValueTask DisposeAsync() => await RootShell.RunAsync("rm -rf $0", _folder);

    [Fact]
    public async Task What_the_targets_owner_swaps_while_root_restores_leads_nowhere()
    {
        string block = Path.GetFileName(Directory.GetDirectories(Blocks)[0]);
        await using Swapper swapper = await Swapper.StartAsync(Restored, Attacker, block, "restore");
        string outside = await swapper.ReadOutsideAsync();
        for (int round = 0; round < Rounds || (swapper.Attacks == 0 && round < 10 * Rounds); round++)
        {
            await MakeTargetAsync();

            CommandResult restore = await RestoreAsync();

            Assert.Contains(restore.ExitStatus, new[] { 0, 1 });
            Assert.Equal(restore.ExitStatus == 0, restore.Output.Contains(" is restored.", StringComparison.Ordinal));
        }

        Assert.NotEqual(0, swapper.Attacks);
        Assert.Equal(outside, await swapper.ReadOutsideAsync());
    }

    [Fact]
    public async Task A_planted_link_is_not_followed_and_its_destination_is_not_given_away()
    {
        await MakeTargetAsync();
        await RootShell.RunAsync("mkdir -m 700 $0/outside; ln -s $0/outside $1/.restoring", _folder, Restored);

        Assert.Equal(1, (await RestoreAsync()).ExitStatus);

        Assert.Equal("0 700\n", await RootShell.RunAsync("ls -A $0/outside; stat -c '%u %a' $0/outside", _folder));
    }

    [Fact]
    public async Task Without_an_attack_all_of_it_is_given_to_the_owner()
    {
        await MakeTargetAsync();

        (await RestoreAsync()).Succeeded();

        Assert.Empty(await RootShell.RunAsync("find $0 ! -user 65534 -o ! -group 65534", Restored));
        Assert.Empty(await RootShell.RunAsync("diff -r $0 $1", Blocks, Restored));
    }

    private Task<string> MakeTargetAsync() => RootShell.RunAsync(
        "for i in 1 2 3 4 5 6 7 8 9; do rm -rf $0/* 2>/dev/null && break; done; mkdir $0/restored; chown $1 $0/restored",
        Path.Combine(_folder, "volume"),
        Attacker);

    private Task<CommandResult> RestoreAsync() =>
        HostCommand.RunAsync(HostCommand.AsRoot(Client.Binary, "restore", Archive, Restored, "--owner", Attacker));
}
