using System.Text;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Release;

/// <summary>Reads the client's files, those too that can't be started here.</summary>
public sealed partial class ClientFileTests
{
    private const long MaxBytes = 38_000_000;

    // Red Hat Enterprise Linux 8 and Oracle Linux 8 have it.
    private static readonly Version Glibc = new(2, 28);

    [Theory]
    [InlineData("linux-amd64")]
    [InlineData("linux-arm64")]
    public async Task A_file_for_Linux_needs_nothing_newer_than_glibc_2_28(string system)
    {
        CommandResult symbols = (await HostCommand.RunAsync("readelf", "--version-info", ClientFile.For(system))).Succeeded();

        Version[] needed = [.. GlibcVersion().Matches(symbols.Output).Select(match => Version.Parse(match.Groups[1].Value))];
        Assert.NotEmpty(needed);
        Assert.InRange(needed.Max()!, new Version(2, 0), Glibc);
    }

    [Theory]
    [InlineData("darwin-amd64")]
    [InlineData("darwin-arm64")]
    public void A_file_for_macOS_is_signed_ad_hoc_and_matches_its_signature(string system)
    {
        MachO file = new(ClientFile.For(system));

        Assert.True(file.IsAdHoc);
        Assert.True(file.PagesMatch);
    }

    [Theory]
    [InlineData("linux-amd64")]
    [InlineData("linux-arm64")]
    [InlineData("darwin-amd64")]
    [InlineData("darwin-arm64")]
    [InlineData("windows-amd64")]
    public void A_file_is_small_and_does_not_name_the_folder_in_which_it_was_made(string system)
    {
        byte[] file = File.ReadAllBytes(ClientFile.For(system));

        Assert.InRange(file.Length, 1_000_000, MaxBytes);
        Assert.All([Encoding.UTF8, Encoding.Unicode], encoding =>
            Assert.Equal(-1, file.AsSpan().IndexOf(encoding.GetBytes(Repository.PathOf("src/OsoSnapshot")))));
    }

    [GeneratedRegex(@"\bGLIBC_([0-9.]+)")]
    private static partial Regex GlibcVersion();
}
