using System.Text.Json;
using System.Text.Json.Serialization;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Cluster;

/// <summary>Finds out why kubectl's proxy ends at once: another program of that name, or an old kubectl.</summary>
internal sealed record KubectlVersion
{
    private const int MinMinor = 23;
    private const int MaxBytes = 64 << 10;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    public VersionNames? ClientVersion { get; init; }

    /// <param name="errorText">What the proxy wrote to standard error.</param>
    public static async Task<ClusterException> ExplainAsync(
        ClusterOptions options, string errorText, CancellationToken token)
    {
        string? unfit = await ReadAsync(options.Kubectl, token) switch
        {
            null => $"{options.Kubectl} does not tell its version as kubectl does.",
            { Major: "1", Minor: var minor } names when NumberOf(minor) < MinMinor =>
                $"{options.Kubectl} is {names.GitVersion}, which is too old.",
            _ => null,
        };
        return new(0, string.Empty, $"kubectl proxy ended at once: {errorText}") { UnfitKubectl = unfit };
    }

    private static int NumberOf(string minor) =>
        int.TryParse(minor.TrimEnd('+'), out int number) ? number : 0;

    private static async Task<VersionNames?> ReadAsync(string kubectl, CancellationToken token)
    {
        using ChildProcess child = ChildProcess.Start(kubectl, ["version", "--client", "-o", "json"]);
        child.Input.Close();
        Task<string> error = ErrorText.ReadAsync(child.Error);
        byte[] output = new byte[MaxBytes];
        try
        {
            int length = await child.Output.ReadAtLeastAsync(output, MaxBytes, throwOnEndOfStream: false, token)
                .AsTask().WaitAsync(MaxTime, token);
            return JsonSerializer.Deserialize(output.AsSpan(0, length), VersionJson.Default.KubectlVersion)
                ?.ClientVersion;
        }
        catch (Exception e) when (e is JsonException or TimeoutException or IOException)
        {
            return null;
        }
        finally
        {
            child.Kill();
            await error;
        }
    }
}

/// <summary>The names of a version (Kubernetes, version.Info).</summary>
internal sealed record VersionNames
{
    public string Major { get; init => field = value ?? string.Empty; } = string.Empty;

    public string Minor { get; init => field = value ?? string.Empty; } = string.Empty;

    public string GitVersion { get; init => field = value ?? string.Empty; } = string.Empty;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(LineConverter)])]
[JsonSerializable(typeof(KubectlVersion))]
internal sealed partial class VersionJson : JsonSerializerContext;
