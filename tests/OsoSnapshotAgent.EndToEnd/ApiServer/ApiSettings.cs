using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>
/// What a test wants the cluster to do. All members are optional:
/// <code>
/// {"answer_seconds": N (each answer is late), "debug_seconds": N (the answer to a request for a container is late),
///  "denied": ["get pods/exec", …] (verbs and resources that the operator may not use),
///  "denied_reviews": ["get pods/exec", …] (those that a review denies, though the request passes: kubectl needs no "get"
///    for SPDY, which it has here a WebSocket for),
///  "refusals": [{"on": "PATCH ephemeralcontainers" (method or *, and a part of the path), "times": N, "code": 403,
///    "reason": …, "message": …, "retryAfter": SECONDS, "causes": [{"reason", "message", "field"}]}],
///  "endless": "GET pods" (an answer of 8 GiB), "watch_list": false (a watch with sendInitialEvents is refused),
///  "subprotocols": ["v4.channel.k8s.io"], "pod_security": "restricted", "phase": "Pending" (or {POD: "Pending"}),
///  "unschedulable": "0/3 nodes are available" (why no node takes a pod that is created),
///  "hidden_identity": true (the pod does not tell Prometheus' user, and the image's own is the default),
///  "target_state": {…}, "target_last_state": {…} (of the container prom-svr),
///  "faults": {"command": "export" (a part of the commands that have the faults below), "cut_bytes": N, "cuts": N,
///    "cut_success": bool (a cut connection claims success; otherwise every other one does),
///    "lost_after": N (bytes after these are lost, and the end is Success), "flip_every": N, "flips": N,
///    "cut_input_bytes": N (a connection that carries more to receive breaks),
///    "hold_input_bytes": N (a connection that carries more to receive stands still until this changes), "bytes_per_second": N, "stall": bool, "run_seconds": N (after which the connection of a run through exec breaks),
///    "release": "killed" (instead of released) | "unanswered" | "slow"}}
/// </code>
/// </summary>
/// <param name="settings">Must have been parsed: only then a number that fits is read as any type.</param>
internal sealed class ApiSettings(JsonObject settings)
{
    private readonly JsonObject _faults = settings["faults"] as JsonObject ?? [];

    public double AnswerSeconds => (double?)settings["answer_seconds"] ?? 0;

    public double DebugSeconds => (double?)settings["debug_seconds"] ?? 0;

    public string? Endless => (string?)settings["endless"];

    public bool AnswersWatchList => (bool?)settings["watch_list"] ?? true;

    public IReadOnlyList<string> Subprotocols => settings["subprotocols"] is JsonArray some
        ? [.. some.Select(one => (string)one!)]
        : ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    public string? PodSecurity => (string?)settings["pod_security"];

    public bool HidesIdentity => (bool?)settings["hidden_identity"] ?? false;

    public string? Unschedulable => (string?)settings["unschedulable"];

    public JsonNode? TargetState => settings["target_state"];

    public JsonNode? TargetLastState => settings["target_last_state"];

    public string FaultyCommand => (string?)_faults["command"] ?? "export";

    public long? CutBytes => (long?)_faults["cut_bytes"];

    public long? Cuts => (long?)_faults["cuts"];

    public long? CutInputBytes => (long?)_faults["cut_input_bytes"];

    public long? HoldInputBytes => (long?)_faults["hold_input_bytes"];

    public bool? CutClaimsSuccess => (bool?)_faults["cut_success"];

    public long? LostAfter => (long?)_faults["lost_after"];

    public long? FlipEvery => (long?)_faults["flip_every"];

    public long? Flips => (long?)_faults["flips"];

    public double? BytesPerSecond => (double?)_faults["bytes_per_second"];

    public bool Stalls => (bool?)_faults["stall"] ?? false;

    public double? RunSeconds => (double?)_faults["run_seconds"];

    public string? Release => (string?)_faults["release"];

    public IReadOnlyList<Refusal> Refusals { get; } =
        [.. (settings["refusals"] as JsonArray ?? []).Select(one => new Refusal((JsonObject)one!))];

    public string PhaseOf(string pod) =>
        (string?)(settings["phase"] is JsonObject each ? each[pod] : settings["phase"]) ?? "Running";

    /// <param name="right">A verb and a resource, such as "get pods/exec".</param>
    public bool Denies(string right) => Names("denied", right);

    /// <inheritdoc cref="Denies"/>
    public bool DeniesReview(string right) => Denies(right) || Names("denied_reviews", right);

    private bool Names(string list, string right) => (settings[list] as JsonArray ?? []).Any(one => (string?)one == right);
}

/// <summary>A request that is refused, as often as the test wants.</summary>
internal sealed class Refusal(JsonObject setting)
{
    private int _count;

    public bool Refuses(string method, string path)
    {
        string[] on = ((string)setting["on"]!).Split(' ');
        return (on[0] == "*" || on[0] == method) && path.Contains(on[1], StringComparison.Ordinal)
            && Interlocked.Increment(ref _count) <= ((int?)setting["times"] ?? int.MaxValue);
    }

    public ApiException Answer() => new(
        (int)setting["code"]!,
        (string?)setting["reason"] ?? string.Empty,
        (string?)setting["message"] ?? string.Empty,
        [.. (setting["causes"] as JsonArray ?? []).Select(cause => cause!)])
    {
        RetryAfterSeconds = (int?)setting["retryAfter"] ?? 0,
    };
}
