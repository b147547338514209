using OsoSnapshotAgent.Tests.Cli;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotClient.Cli;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotClient.Tests.Cli;

/// <summary>
/// Mutates the files that the client's verbs read: lists, blocks, checksums and marker of a backup directory, and an
/// archive with its checksum. Each verb ends with a status and a message.
/// </summary>
[Collection(nameof(ConsoleTests))]
public sealed class FileFuzzTests : IDisposable
{
    private const int Rounds = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("oso-fuzz-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void A_backup_directory_is_understood_or_refused(int seed)
    {
        string backup = Path.Join(_folder, "B");
        EarlierVersion.CopyBackupsTo(backup);
        string into = Path.Join(_folder, "restored");
        Run(seed, backup, [["verify", backup], ["backups", backup], ["backups", backup, "-o", "json"], ["prune", backup, "--keep-last", "1", "--dry-run"], ["restore", backup, into]]);
    }

    [Theory]
    [MemberData(nameof(Fuzz.Seeds), MemberType = typeof(Fuzz))]
    public void An_archive_and_its_checksum_are_understood_or_refused(int seed)
    {
        string folder = Directory.CreateDirectory(Path.Join(_folder, "A")).FullName;
        foreach (string file in Directory.GetFiles(EarlierVersion.Folder, EarlierVersion.Archive + "*"))
        {
            File.Copy(file, Path.Join(folder, Path.GetFileName(file)));
        }

        string archive = Path.Join(folder, EarlierVersion.Archive);
        Run(seed, folder, [["verify", archive], ["restore", archive, Path.Join(_folder, "restored")]]);
    }

    private void Run(int seed, string folder, string[][] verbs)
    {
        string[] files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        Fuzz.Run(seed, Rounds, random =>
        {
            string file = files[random.Next(files.Length)];
            byte[] sound = File.ReadAllBytes(file);
            byte[] damaged = Fuzz.Mutate(sound, random);
            string[] verb = verbs[random.Next(verbs.Length)];
            return ($"{Path.GetRelativePath(folder, file)} {string.Join(' ', verb)} {Convert.ToHexString(damaged.Length > 2000 ? [] : damaged)}", () =>
            {
                File.WriteAllBytes(file, damaged);
                try
                {
                    Invoke(verb);
                }
                finally
                {
                    File.WriteAllBytes(file, sound);
                    if (Directory.Exists(Path.Join(_folder, "restored")))
                    {
                        Directory.Delete(Path.Join(_folder, "restored"), recursive: true);
                    }
                }
            });
        });
    }

    private static void Invoke(string[] words)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter printed = new();
        using StringWriter told = new();
        try
        {
            Console.SetOut(printed);
            Console.SetError(told);
            int status = CommandRun.RunAsync(ClientCommandLine.Create(), words, ClientCommandLine.Program).GetAwaiter().GetResult();
            Assert.InRange(status, 0, 10);
            Assert.DoesNotContain("   at ", told.ToString(), StringComparison.Ordinal);
            Assert.True(status == 0 || told.ToString().Contains('❌', StringComparison.Ordinal), $"{status}: {told}");
            Assert.DoesNotContain(told.ToString() + printed, letter => char.IsControl(letter) && letter != '\n');
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
