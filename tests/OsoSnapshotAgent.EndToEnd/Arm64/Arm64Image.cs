using System.Runtime.InteropServices;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Arm64;

/// <summary>The arm64 image that docker/image.sh makes on x86-64, and Debian's emulator for its programs.</summary>
public sealed class Arm64Image : IDisposable
{
    private const string Emulator = "/usr/bin/qemu-aarch64-static";
    private const string Folder = "dist/linux-arm64";
    private const UnixFileMode Readable = (UnixFileMode)0b111_101_101;

    // The emulator looks for each path below this directory first. It must not have the image's empty /proc and /tmp.
    private readonly string _libraries = Directory.CreateTempSubdirectory("oso-arm64-").FullName;

    internal static string Archive => Repository.PathOf(Folder + "/oso_snapshot.oci.tar");

    internal static string Root => Repository.PathOf(Folder + "/root");

    internal static string Agent => PathOf("oso-snapshot");

    /// <summary>The command before a program of the image.</summary>
    internal IReadOnlyList<string> Command => [Emulator, "-L", _libraries];

    public void Dispose() => Directory.Delete(_libraries, recursive: true);

    /// <summary>Skips the test if this machine can't emulate arm64.</summary>
    internal void SkipWhereImpossible()
    {
        SkipOnArm64();
        Assert.SkipUnless(File.Exists(Emulator), $"There is no {Emulator}: install Debian's qemu-user-static.");
        if (!Directory.Exists(Path.Combine(_libraries, "usr")))
        {
            CopyLibraries();
        }
    }

    internal static void SkipOnArm64()
    {
        bool isX64 = RuntimeInformation.OSArchitecture == Architecture.X64;
        Assert.SkipUnless(isX64, "This machine's own image is the one for arm64.");
        Assert.True(File.Exists(Archive), $"There is no {Archive}: run src/build/publish.sh arm64 and docker/image.sh arm64.");
    }

    /// <summary>Runs a program of the image's /usr/bin.</summary>
    internal Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        HostCommand.RunAsync([.. Command, PathOf(program), .. arguments]);

    private static string PathOf(string program) => Path.Combine(Root, "usr/bin", program);

    // The agent's user may not be allowed to enter the checkout.
    private void CopyLibraries()
    {
        File.SetUnixFileMode(_libraries, Readable);
        File.CreateSymbolicLink(Path.Combine(_libraries, "lib"), "usr/lib");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "usr/lib"), "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_libraries, Path.GetRelativePath(Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!, Readable);
            File.Copy(file, copy);
        }
    }
}
