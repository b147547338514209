using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using OsoSnapshotCore.Text;

namespace OsoSnapshotAgent.Server;

/// <summary>
/// Judges the server's certificate, and explains a TLS connection that failed: .NET's exception says only that the
/// certificate was refused.
/// </summary>
/// <param name="authorities">The authorities that replace the system's; null for the system's.</param>
/// <param name="trustsAny">OSO_SNAPSHOT_INSECURE=yes asks for this, and the transcript warns of it.</param>
/// <param name="showsCertificate">Whether the agent shows a certificate of its own.</param>
internal sealed class CertificateCheck(TrustedAuthorities? authorities, bool trustsAny, bool showsCertificate)
{
    private const int MaxNames = 5;
    private const int MaxLetters = 100;

    private Cause? _refusal;

    /// <returns>null if the failure has nothing to do with TLS, or OpenSSL does not say why.</returns>
    public Cause? Explain(Exception? failure)
    {
        Cause? cause = _refusal;

        // The alert of RFC 8446, section 6, stands in an inner exception of OpenSSL.
        for (; cause is null && failure is not null; failure = failure.InnerException)
        {
            string text = failure.Message;
            cause = text.Contains("alert ", StringComparison.Ordinal) ? Causes.OfMessage(text) : null;
        }

        // Go's alerts don't tell a missing certificate from one that is not accepted.
        bool isOfClient = cause == Causes.ClientCertificateWanted || cause == Causes.ClientCertificateRefused;
        Cause ofClient = showsCertificate ? Causes.ClientCertificateRefused : Causes.ClientCertificateWanted;
        return isOfClient ? ofClient : cause;
    }

    public bool Accept(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        _refusal = null;
        using X509Chain? own = authorities?.Chain(presented);
        if (own is not null && certificate is not null)
        {
            errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
            errors |= own.Build((X509Certificate2)certificate) ? 0 : SslPolicyErrors.RemoteCertificateChainErrors;
        }

        if (trustsAny || errors == SslPolicyErrors.None)
        {
            return true;
        }

        _refusal = certificate is X509Certificate2 of ? Explain(of, own ?? presented, errors) : null;
        return false;
    }

    private static Cause? Explain(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        X509ChainElement[] elements = chain?.ChainElements.ToArray() ?? [];
        X509ChainStatusFlags all = (chain?.ChainStatus ?? []).Aggregate(
            X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        if (Array.Find(elements, element => Has(element, X509ChainStatusFlags.NotTimeValid)) is { } outdated)
        {
            return With(Causes.Expired, Validity(outdated.Certificate));
        }

        X509Certificate2 last = elements.Length > 0 ? elements[^1].Certificate : certificate;
        if (all.HasFlag(X509ChainStatusFlags.PartialChain))
        {
            return With(Causes.ChainIncomplete, Quoted(last.Issuer));
        }

        if (all.HasFlag(X509ChainStatusFlags.UntrustedRoot))
        {
            return With(Causes.UnknownAuthority, Quoted(last.Subject));
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? With(Causes.OtherHost, Names(certificate))
            : With(Causes.UnknownAuthority, $"{Quoted(last.Subject)} ({all})");
    }

    private static bool Has(X509ChainElement element, X509ChainStatusFlags flag) =>
        Array.Exists(element.ChainElementStatus, status => status.Status.HasFlag(flag));

    private static string Validity(X509Certificate2 certificate)
    {
        DateTimeOffset start = certificate.NotBefore, end = certificate.NotAfter;
        return $"of {Quoted(certificate.Subject)} " + (end < TimeProvider.System.GetUtcNow()
            ? $"expired on {UtcTime.Format(end)}"
            : $"is not valid before {UtcTime.Format(start)}");
    }

    private static string Names(X509Certificate2 certificate)
    {
        X509SubjectAlternativeNameExtension? names =
            certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string[] all =
        [
            .. names?.EnumerateDnsNames() ?? [],
            .. names?.EnumerateIPAddresses().Select(address => address.ToString()) ?? [],
        ];
        return all.Length == 0
            ? $"{Quoted(certificate.Subject)}, without a subjectAltName"
            : string.Join(", ", all.Take(MaxNames).Select(name => Cut(name)));
    }

    private static string Quoted(string name) => $"'{Cut(name)}'";

    private static string Cut(string name) => name.Length > MaxLetters ? name[..MaxLetters] + "…" : name;

    private static Cause With(Cause cause, string what) =>
        cause with { Means = cause.Means.Replace("{0}", what, StringComparison.Ordinal) };
}
