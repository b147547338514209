using OsoSnapshot.Formats;
using OsoSnapshotClient.Kubectl;

namespace OsoSnapshotClient.Agents;

/// <summary>The agents that this client understands: those of its own major and minor version.</summary>
internal static class AgentVersions
{
    /// <returns>Such as <c>0.1</c>.</returns>
    public static string Range { get; } = RangeOf(ProductVersion.Text);

    /// <param name="version">As the agent tells it; null of one that does not tell.</param>
    /// <exception cref="OperatorException">It is another, which still holds what it has made.</exception>
    public static void Require(string? version, PodAccess access)
    {
        if (version is not null && RangeOf(version) != Range)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"The agent in image {access.Start.Image} has version {version}; this client, {ProductVersion.Text},"
                + $" works with {Range}.",
                $"use the client of the image's version: the same command continues with it. To give up:"
                + $" {access.Command("cancel")}");
        }
    }

    private static string RangeOf(string version) => string.Join('.', version.Split('.').Take(2));
}
