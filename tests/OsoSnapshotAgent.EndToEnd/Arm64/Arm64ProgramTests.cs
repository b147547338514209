using System.Buffers.Binary;
using OsoSnapshotAgent.EndToEnd.Containers;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Arm64;

/// <summary>Tests the arm64 image as a file, and each of its programs.</summary>
public sealed class Arm64ProgramTests(Arm64Image image) : IClassFixture<Arm64Image>
{
    private const ushort MachineOfArm64 = 183;

    private static readonly byte[] Elf = [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    [Fact]
    public void The_image_says_that_it_is_for_arm64_and_so_does_every_program_and_library_in_it()
    {
        Arm64Image.SkipOnArm64();
        OciArchive archive = new(Arm64Image.Archive);

        Assert.Equal("arm64", archive.Config.GetProperty("architecture").GetString());
        (string Name, ushort Machine)[] programs =
        [
            .. from file in archive.Entries
               where file.Content.AsSpan().StartsWith(Elf)
               select (file.Entry.Name, BinaryPrimitives.ReadUInt16LittleEndian(file.Content.AsSpan(18))),
        ];
        Assert.Equal(11, programs.Length);
        Assert.All(programs, program => Assert.Equal((program.Name, MachineOfArm64), program));
    }

    [Fact]
    public void It_has_the_same_files_as_the_other_image_except_for_the_folder_of_the_libraries()
    {
        Arm64Image.SkipOnArm64();

        Assert.Equal(Names(OciArchive.Path, "x86_64"), Names(Arm64Image.Archive, "aarch64"));
    }

    [Fact]
    public async Task Busybox_has_a_link_for_each_of_its_programs()
    {
        image.SkipWhereImpossible();

        IReadOnlyList<string> programs = (await image.RunAsync("busybox", "--list")).Succeeded().Lines;

        IEnumerable<string> others = ["busybox", "dash", "oso-snapshot"];
        Assert.Equal(
            programs.Concat(others).Order(StringComparer.Ordinal),
            Directory.EnumerateFileSystemEntries(Path.Combine(Arm64Image.Root, "usr/bin")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_kubectl_cp_runs_works()
    {
        image.SkipWhereImpossible();
        string file = Path.Combine(Arm64Image.Root, "etc/passwd");
        string content = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

        Assert.Equal("3\n", (await image.RunAsync("dash", "-c", "echo $((1 + 2))")).Succeeded().Output);
        Assert.Equal(content[6..], (await image.RunAsync("tail", "-c+7", file)).Succeeded().Output);
        CommandResult tar = await image.RunAsync("busybox", "tar", "cf", "-", "-C", Path.GetDirectoryName(file)!, "passwd");
        Assert.Contains(content, tar.Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agent_prints_its_help_and_the_same_version_as_the_other_agent()
    {
        image.SkipWhereImpossible();

        Assert.Contains("OSO_SNAPSHOT_HOLD", (await image.RunAsync("oso-snapshot", "--help")).Succeeded().Output, StringComparison.Ordinal);
        string other = (await HostCommand.RunAsync(RunningAgent.Binary, "--version")).Succeeded().Output;
        string version = (await image.RunAsync("oso-snapshot", "--version")).Succeeded().Output;

        // The commit follows a plus sign.
        Assert.Equal(other.Split('+')[0], version.Split('+')[0]);
    }

    [Fact]
    public async Task The_agent_verifies_what_version_0_2_0_wrote_on_x86_64()
    {
        image.SkipWhereImpossible();
        string archive = Repository.PathOf("tests/fixtures/0.2.0/snapshots.tgz");

        CommandResult verify = (await image.RunAsync("oso-snapshot", "verify", archive)).Succeeded();

        Assert.Contains($"✅ {archive} is sound.", verify.Output, StringComparison.Ordinal);
    }

    // The loader has another path too: /usr/lib64/ld-linux-x86-64.so.2, /usr/lib/ld-linux-aarch64.so.1.
    private static IEnumerable<string> Names(string archive, string processor) =>
        new OciArchive(archive).Entries.Select(entry => entry.Entry.Name.TrimEnd('/').Replace(processor, "CPU", StringComparison.Ordinal))
            .Where(name => !name.Contains("/ld-linux-", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
