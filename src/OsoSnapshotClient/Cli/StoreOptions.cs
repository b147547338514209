using System.CommandLine;
using OsoSnapshotClient.Store;
using OsoSnapshotCore.Cli;

namespace OsoSnapshotClient.Cli;

/// <summary>The options that say how the server of a bucket is reached. Credentials are no options.</summary>
internal sealed class StoreOptions
{
    private readonly Option<Uri> _endpoint = new("--s3-endpoint")
    {
        Description = "The S3 server of s3://… (AWS_ENDPOINT_URL_S3, or AWS).",
        HelpName = "URL",
        CustomParser = Values.One(ParseUrl, "a URL such as https://s3.example.com:9000"),
    };

    private readonly Option<string> _region = new("--s3-region")
    {
        Description = "The bucket's region (AWS_REGION, or the profile's).",
        HelpName = "REGION",
        CustomParser = Values.Text,
    };

    private readonly Option<string> _pathStyle = new("--s3-path-style")
    {
        Description = "yes or no: whether the bucket's name is part of the path (yes, except for AWS).",
        HelpName = "yes|no",
        CustomParser = Values.One(text => text is "yes" or "no" ? text : null, "yes or no"),
    };

    private readonly Option<string> _authorities = new("--s3-ca-file")
    {
        Description = "A PEM file of the authorities to trust, here and in the pod for --direct (AWS_CA_BUNDLE).",
        HelpName = "FILE",
        CustomParser = Values.Path,
    };

    public IEnumerable<Option> All => [_endpoint, _region, _pathStyle, _authorities];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <param name="path">A directory, or s3://BUCKET/PREFIX.</param>
    /// <exception cref="OsoSnapshotCore.OperatorException">The file of the authorities can't be used.</exception>
    public BackupPlace Place(ParseResult arguments, string path) => new(path)
    {
        S3 = new()
        {
            Endpoint = arguments.GetValue(_endpoint),
            Region = arguments.GetValue(_region),
            Authorities = S3Address.IsOne(path) ? Authorities(arguments) : null,
            IsPathStyle = arguments.GetValue(_pathStyle) is { } style ? style == "yes" : null,
        },
    };

    private S3Authorities? Authorities(ParseResult arguments)
    {
        string? path = arguments.GetValue(_authorities) ?? Environment.GetEnvironmentVariable("AWS_CA_BUNDLE");
        return string.IsNullOrEmpty(path) ? null : S3Authorities.Read(path);
    }

    private static Uri? ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
        && url.UserInfo.Length == 0 && url.PathAndQuery == "/"
            ? url
            : null;
}
