using System.Net.Http.Headers;
using System.Text;
using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>The Authorization header that the settings ask for (RFC 7617, RFC 6750). Secrets come from files only and are never printed.</summary>
internal static class Credentials
{
    /// <exception cref="AgentException">With <see cref="ExitStatus.Settings"/> when the file can't be read or is empty.</exception>
    public static AuthenticationHeaderValue? Read(AgentSettings settings, TargetContainer target)
    {
        if (settings.BearerTokenFile is { } tokenFile)
        {
            return new("Bearer", Secret("OSO_SNAPSHOT_BEARER_TOKEN_FILE", target.SettingFile(tokenFile)));
        }

        return settings is { Username: { } user, PasswordFile: { } passwordFile }
            ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{Secret("OSO_SNAPSHOT_PASSWORD_FILE", target.SettingFile(passwordFile))}")))
            : null;
    }

    private static string Secret(string variable, string path)
    {
        string reason = "it is empty";
        try
        {
            if (File.ReadAllText(path).TrimEnd('\r', '\n') is { Length: > 0 } secret)
            {
                return secret;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reason = e.Message;
        }

        throw new AgentException(ExitStatus.Settings, $"{variable}: {path} can't be used: {reason}.", "Name a file that the agent can read, in its own container or in Prometheus'.");
    }
}
