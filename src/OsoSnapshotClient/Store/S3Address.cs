using Amazon.Runtime;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Store;

/// <summary>s3://BUCKET/PREFIX or s3://BUCKET/KEY.</summary>
/// <param name="Key">Without a slash at its start; empty for the bucket itself.</param>
internal sealed record S3Address(string Bucket, string Key)
{
    private const string Scheme = "s3://";

    // AWS: bucket naming rules, and "Object key names".
    private const int MinBucketLetters = 3;
    private const int MaxBucketLetters = 63;
    private const int MaxKeyBytes = 700;

    /// <summary>Whether it names a folder, or the bucket itself.</summary>
    public bool IsFolder => Key.Length == 0 || Key.EndsWith('/');

    public static bool IsOne(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="OperatorException">The text is no such address.</exception>
    public static S3Address Parse(string text)
    {
        string rest = IsOne(text) ? text[Scheme.Length..] : string.Empty;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        (string bucket, string key) = slash < 0 ? (rest, string.Empty) : (rest[..slash], rest[(slash + 1)..]);
        bool isBucket = bucket.Length is >= MinBucketLetters and <= MaxBucketLetters
            && bucket.All(
                letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.');
        bool isKey = key.Length == 0 || (key.TrimEnd('/').Split('/').All(IsPart) && key.Length <= MaxKeyBytes);
        return isBucket && isKey ? new(bucket, key) : throw new OperatorException(
            ExitStatus.Settings,
            $"'{Printable.Short(text)}' is not an address such as s3://BUCKET/PREFIX.",
            "a bucket has 3 to 63 lower-case letters, digits, hyphens and dots; parts of a prefix have printable ASCII"
            + " characters and are neither empty nor . nor ..");
    }

    public override string ToString() => Key.Length == 0 ? $"{Scheme}{Bucket}" : $"{Scheme}{Bucket}/{Key}";

    private static bool IsPart(string part) =>
        part.Length > 0 && part is not ("." or "..") && part.All(letter => letter is > ' ' and <= '~');
}

/// <summary>
/// How a bucket's server is reached. What is null comes from the environment and files of the AWS tools.
/// </summary>
internal sealed record S3Options
{
    public Uri? Endpoint { get; init; }

    public string? Region { get; init; }

    /// <summary>
    /// null for the chain of the AWS tools: environment, profiles, single sign-on, web identity, metadata.
    /// </summary>
    public AWSCredentials? Credentials { get; init; }

    /// <summary>The authorities that replace the system's; null for the system's.</summary>
    public S3Authorities? Authorities { get; init; }

    /// <summary>How long the store may say nothing to a request, or send nothing of an object.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether the bucket's name is part of the path. null: for every endpoint but AWS' own.</summary>
    public bool? IsPathStyle { get; init; }
}
