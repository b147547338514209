using System.Net.Http.Headers;
using System.Text;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Reads the secrets of the Authorization header (RFC 7617, RFC 6750). They come only from files and are never printed.
/// </summary>
internal static class Credentials
{
    private const int MaxSecretBytes = 64 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <returns>null if the settings name no credentials.</returns>
    /// <exception cref="OperatorException">The file can't be read, or holds no such secret.</exception>
    public static AuthenticationHeaderValue? Read(AgentSettings settings, TargetContainer target)
    {
        if (settings.BearerTokenFile is { } tokenFile)
        {
            return new("Bearer", Token(File("OSO_SNAPSHOT_BEARER_TOKEN_FILE", tokenFile)));
        }

        if (settings is { Username: { } user, PasswordFile: { } passwordFile })
        {
            string password = Secret(File("OSO_SNAPSHOT_PASSWORD_FILE", passwordFile));
            return new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        }

        return null;

        SettingFile File(string variable, string path) => new(
            target,
            variable,
            path,
            "Name a file that the agent can read, in its own container or in Prometheus', with the secret as its one line.");
    }

    private static string Token(SettingFile file)
    {
        string token = Secret(file);
        return token.All(letter => letter is > ' ' and <= '~') ? token : throw file.Unusable(
            "it holds a blank or a character beyond ASCII, which an Authorization header can't carry");
    }

    // RFC 7617, section 2, and RFC 6750 know no control character in a secret.
    private static string Secret(SettingFile file)
    {
        string secret = Text(file).TrimStart('\uFEFF').TrimEnd('\r', '\n');
        if (secret.Length == 0)
        {
            throw file.Unusable("it is empty");
        }

        if (secret.AsSpan().ContainsAny('\r', '\n'))
        {
            throw file.Unusable("it holds more than one line");
        }

        return secret.Any(char.IsControl) ? throw file.Unusable("it holds a control character") : secret;
    }

    private static string Text(SettingFile file)
    {
        try
        {
            return StrictUtf8.GetString(file.Read(MaxSecretBytes));
        }
        catch (DecoderFallbackException)
        {
            throw file.Unusable("it is not UTF-8 text");
        }
    }
}
