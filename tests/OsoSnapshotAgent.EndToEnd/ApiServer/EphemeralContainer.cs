using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OsoSnapshotAgent.EndToEnd.Image;
using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>A container that was asked for with a patch: the kubelet's work, done by podman.</summary>
/// <param name="folder">Where the file of its termination message is.</param>
internal sealed partial class EphemeralContainer(ServedPod pod, JsonObject specification, string folder)
{
    private const int MaxMessageLetters = 4096;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PullTime = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private JsonObject _state = [];
    private int _process;

    public string Name { get; } = (string)specification["name"]!;

    public JsonObject Specification => specification;

    public string PodmanName => $"{pod.Container}-{Name}";

    public bool HasTerminal => (bool?)specification["tty"] == true;

    public bool HasInput => (bool?)specification["stdin"] == true;

    /// <summary>The container's variables, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Variables =>
    [
        .. from variable in specification["env"] as JsonArray ?? []
           select $"{(string)variable!["name"]!}={(string?)variable["value"]}",
    ];

    public bool IsRunning => State["running"] is not null;

    public bool HasStarted => IsRunning || State["terminated"] is not null;

    public string WaitReason => (string?)State["waiting"]?["reason"] ?? "ContainerCreating";

    public JsonNode Status => new JsonObject
    {
        ["name"] = Name,
        ["image"] = Image,
        ["ready"] = false,
        ["restartCount"] = 0,
        ["state"] = State.DeepClone(),
        ["lastState"] = new JsonObject(),
    };

    private string Image => (string)specification["image"]!;

    private string MessageFile => Path.Combine(folder, $"{pod.Name}.{Name}.message");

    private JsonObject State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <param name="publish">Is called after each change of the state.</param>
    public void Start(Action publish) => _ = Task.Run(() => LiveAsync(publish));

    /// <summary>Waits for the news of an end that has just come.</summary>
    public async Task SettleAsync()
    {
        while (IsRunning && !IsAlive(_process))
        {
            await Task.Delay(PollInterval);
        }
    }

    private async Task LiveAsync(Action publish)
    {
        if (Image != Podman.Image)
        {
            // The kubelet says ErrImagePull first, and ImagePullBackOff while it waits before the next attempt.
            Enter(Waiting("ErrImagePull"));
            await Task.Delay(PullTime);
            Enter(Waiting("ImagePullBackOff"));
            return;
        }

        await File.WriteAllTextAsync(MessageFile, string.Empty);
        File.SetUnixFileMode(MessageFile, (UnixFileMode)0b110_110_110);
        CommandResult run = await Podman.RunAsync(RunArguments());
        if (run.ExitStatus != 0)
        {
            Enter(new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "RunContainerError", ["message"] = run.Error } });
            return;
        }

        string[] about = (await Podman.RunAsync("inspect", "--format={{.State.Pid}} {{.State.StartedAt.Unix}}", PodmanName)).Output.Split(' ');
        string startedAt = Time(long.Parse(about[1], CultureInfo.InvariantCulture));
        _process = int.Parse(about[0], CultureInfo.InvariantCulture);
        Enter(new JsonObject { ["running"] = new JsonObject { ["startedAt"] = startedAt } });
        while (IsAlive(_process))
        {
            await Task.Delay(PollInterval);
        }

        string status = (await Podman.RunAsync("wait", PodmanName)).Output.Trim();
        Enter(new JsonObject { ["terminated"] = await EndAsync(int.TryParse(status, out int code) ? code : 137, startedAt) });

        void Enter(JsonObject state)
        {
            lock (_lock)
            {
                _state = state;
            }

            publish();
        }
    }

    private JsonObject Waiting(string reason) => new()
    {
        ["waiting"] = new JsonObject
        {
            ["reason"] = reason,
            ["message"] = $"failed to pull and unpack image \"{Image}\": not found",
        },
    };

    // The whole test may be over, and its files gone.
    private async Task<JsonObject> EndAsync(int exitCode, string startedAt)
    {
        string message = File.Exists(MessageFile) ? await File.ReadAllTextAsync(MessageFile) : string.Empty;
        JsonObject end = new()
        {
            ["exitCode"] = exitCode,
            ["reason"] = exitCode == 0 ? "Completed" : "Error",
            ["startedAt"] = startedAt,
            ["finishedAt"] = Time(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()),
        };
        if (message.Length > 0)
        {
            end["message"] = message[..Math.Min(message.Length, MaxMessageLetters)];
        }

        return end;
    }

    private List<string> RunArguments()
    {
        JsonNode? security = specification["securityContext"];
        string[] command = [.. Words("command")];
        string[] arguments = [.. Words("args")];
        List<string> words = ["run", "--detach", "--name", PodmanName, .. pod.AgentArguments];
        if (pod.Settings.HidesIdentity)
        {
            words.RemoveRange(words.IndexOf("--user"), 2);
        }

        if (security?["runAsUser"] is { } user)
        {
            words.Add($"--user={user}" + (security["runAsGroup"] is { } group ? $":{group}" : string.Empty));
        }

        words.AddRange(HasInput ? ["--interactive"] : []);
        words.AddRange(HasTerminal ? ["--tty"] : []);
        words.Add($"--volume={MessageFile}:/dev/termination-log");
        words.AddRange(Variables.Select(variable => "--env=" + variable));
        words.AddRange(command.Length > 0 ? ["--entrypoint=" + command[0]] : []);
        return [.. words, Image, .. command.Skip(1), .. arguments];
    }

    // Kubernetes turns $$ into $, and replaces $(NAME) of a variable of the container.
    private IEnumerable<string> Words(string member)
    {
        Dictionary<string, string> variables = Variables.Select(one => one.Split('=', 2)).ToDictionary(one => one[0], one => one[1]);
        return from word in specification[member] as JsonArray ?? []
               select Reference().Replace((string)word!, match =>
                   match.Value == "$$" ? "$" : variables.GetValueOrDefault(match.Groups[1].Value, match.Value));
    }

    private static string Time(long seconds) => $"{DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-ddTHH:mm:ssZ}";

    private static bool IsAlive(int process) =>
        process > 0 && ProcessTable.StatusOf(process, "State") is { } state && state[0] is not ('Z' or 'X');

    [GeneratedRegex(@"\$\$|\$\(([^)]*)\)")]
    private static partial Regex Reference();
}
