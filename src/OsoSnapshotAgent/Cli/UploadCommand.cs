using System.CommandLine;
using System.Text.Json;
using OsoSnapshotAgent.Archiving;
using OsoSnapshotAgent.Linux;
using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Settings;
using OsoSnapshotCore;
using OsoSnapshotCore.Blocks;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Cli;

/// <summary>
/// <c>upload</c>: sends a block of the held snapshot to a store, in parts. The client gives a signed address for each
/// part, so no credential is here.
/// </summary>
internal static class UploadCommand
{
    private const int InputBufferBytes = 16 * 1024;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        Command command = new(
            "upload",
            "Sends a block of the held snapshot to a store. Standard input has a request as for start, and then a line of"
            + " JSON with an address for each part.");
        command.SetAction(_ => FileVerb.Run(Upload));
        return command;
    }

    private static ExitStatus Upload()
    {
        // This compresses and judges beside Prometheus, as a run does.
        Priority.Lower();
        using Stream input = new BufferedStream(Console.OpenStandardInput(), InputBufferBytes);
        UploadRequest request = Parse(InputRequest.Read(input, UploadRequest.MaxBytes))
            ?? throw Wrong("Standard input holds no request to upload a block.");
        using StoreConnection store = new(TrustedAuthorities.OfClient(request.Authorities));
        _ = BlockId.TryParse(request.Ulid, out BlockId id);
        AgentSettings settings = Discovery.Settings(Discovery.OfRun());
        using SnapshotBlocks snapshot = HeldSnapshot.Open();
        using StandardOutput output = new(CancellationToken.None);
        UploadDialog client = new(input, output, () => Environment.Exit((int)ExitStatus.ReaderGone));
        using BlockUpload upload = new(id, request, client, new(store));
        snapshot.Archive(id, settings, upload.Run);

        // The kubelet may lose what a process prints at its end. The client goes when it has read the last line.
        Thread.Sleep(EndLimit);
        return ExitStatus.Done;
    }

    private static UploadRequest? Parse(byte[]? json)
    {
        try
        {
            UploadRequest? request = json is null
                ? null
                : JsonSerializer.Deserialize(json, ControlJson.Default.UploadRequest);
            return request?.IsValid() == true ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static OperatorException Wrong(string problem) =>
        new(ExitStatus.Settings, problem, "Use a client of the same version.");
}
