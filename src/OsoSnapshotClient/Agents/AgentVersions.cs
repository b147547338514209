using OsoSnapshotCore;

namespace OsoSnapshotClient.Agents;

/// <summary>Accepts only agents of the client's own major and minor version.</summary>
internal static class AgentVersions
{
    /// <returns>The major and minor version, such as <c>0.1</c>.</returns>
    public static string Range { get; } = RangeOf(ProductVersion.Text);

    /// <param name="version">The agent's version; null if the agent reports none.</param>
    /// <exception cref="OperatorException">The agent has another version. It still holds what it has made.</exception>
    public static void Require(string? version, PodAccess access)
    {
        if (version is not null && RangeOf(version) != Range)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The agent in image {access.Start.Image} has version {version}; this client, {ProductVersion.Text},"
                + $" works with {Range}.",
                $"use the client of the image's version: with that, the same command continues. To give the run up:"
                + $" {access.Command("cancel")}");
        }
    }

    private static string RangeOf(string version) => string.Join('.', version.Split('.').Take(2));
}
