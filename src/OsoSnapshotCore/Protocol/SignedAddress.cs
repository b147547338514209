namespace OsoSnapshotCore.Protocol;

/// <summary>
/// The address of one request to a store, as the client has signed it. Whoever knows it may send this request for some
/// minutes, so it is never printed.
/// </summary>
internal static class SignedAddress
{
    /// <returns>null if the text is no address of a store.</returns>
    public static Uri? TryParse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.UserInfo.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            ? url
            : null;
}
