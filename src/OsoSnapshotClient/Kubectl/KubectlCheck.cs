using OsoSnapshotCore;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Checks what this kubectl can do and what its user may do, before anything is made.</summary>
internal static class KubectlCheck
{
    private static readonly string[] TakeRights =
    [
        "patch pods --subresource=ephemeralcontainers", "create pods --subresource=exec", "get pods --subresource=log",
    ];

    /// <summary>Finds the options that kubectl has in its help.</summary>
    /// <returns>The start options, without the default profile if this kubectl has no --profile.</returns>
    /// <exception cref="OperatorException">This kubectl is too old for the start options.</exception>
    public static async Task<StartOptions> OptionsAsync(PodAccess access, CancellationToken token)
    {
        KubectlAnswer answer = await access.Kubectl.RunAsync(["debug", "--help"], token);
        string help = answer.Output + answer.Error;
        StartOptions start = access.Start;
        if (!help.Contains("--target", StringComparison.Ordinal))
        {
            KubectlAnswer version = await access.Kubectl.RunAsync(["version", "--client"], token);
            throw TooOld(
                $": {(version.Output + version.Error).Split('\n')[0]}",
                "use 1.23 or later; --profile needs 1.27, and --custom needs 1.31");
        }

        if (start.Custom is not null && !help.Contains("--custom", StringComparison.Ordinal))
        {
            throw TooOld(" for --custom.", "use 1.31 or later");
        }

        if (help.Contains("--profile", StringComparison.Ordinal))
        {
            return start;
        }

        return start.IsProfileNamed
            ? throw TooOld(" for --profile.", "use 1.27 or later")
            : start with { Profile = null };
    }

    /// <summary>Checks the rights first, because an archive that can't be copied is useless.</summary>
    /// <exception cref="OperatorException">A right is missing.</exception>
    public static async Task RightsAsync(PodAccess access, CancellationToken token)
    {
        bool[] missing = await Task.WhenAll(TakeRights.Select(async right =>
        {
            KubectlAnswer answer = await access.Kubectl.RunAsync(["auth", "can-i", .. right.Split(' ')], token);
            return answer.Output.StartsWith("no", StringComparison.Ordinal);
        }));
        int first = Array.IndexOf(missing, true);
        if (first >= 0)
        {
            throw new OperatorException(
                ClientStatus.Failed,
                $"You may not '{TakeRights[first]}'{access.Flags.Text}.",
                ClusterErrors.RightsRemedy);
        }
    }

    private static OperatorException TooOld(string what, string remedy) =>
        new(ClientStatus.Failed, "This kubectl is too old" + what, remedy);
}
