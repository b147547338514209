using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>A pod whose containers are containers of podman.</summary>
/// <param name="container">The name in podman of the container that runs Prometheus.</param>
/// <param name="agentArguments">The arguments for podman of a container beside it.</param>
internal class ServedPod(string name, string container, IReadOnlyList<string> agentArguments)
{
    private static readonly DateTimeOffset CreatedAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1);
    private static long _newestVersion = 1_000;

    private readonly List<EphemeralContainer> _containers = [];
    private long _version = Interlocked.Increment(ref _newestVersion);
    private volatile ApiSettings _settings = new([]);

    public event Action? Changed;

    public static long NewestVersion => Interlocked.Read(ref _newestVersion);

    public string Name => name;

    public string Container => container;

    public IReadOnlyList<string> AgentArguments => agentArguments;

    public long Version => Interlocked.Read(ref _version);

    public ApiSettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            Publish();
        }
    }

    public virtual IReadOnlyList<string> ContainerNames { get; } = ["configmap-reload", "prom-svr"];

    public IReadOnlyList<EphemeralContainer> Containers
    {
        get
        {
            lock (_containers)
            {
                return [.. _containers];
            }
        }
    }

    public void Add(EphemeralContainer added)
    {
        lock (_containers)
        {
            _containers.Add(added);
        }

        Publish();
        added.Start(Publish);
    }

    /// <param name="selector">A part of a label selector.</param>
    public virtual bool HasLabel(string selector) => selector is "app" or "app=prometheus" or "app==prometheus";

    public JsonObject Describe(string nameOfSpace) => new()
    {
        ["kind"] = "Pod",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = nameOfSpace,
            ["uid"] = "0f7b3a52-1d5c-4c86-9d0a-" + Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(name)[^6..]),
            ["resourceVersion"] = $"{Version}",
            ["creationTimestamp"] = $"{CreatedAt:yyyy-MM-ddTHH:mm:ssZ}",
            ["labels"] = Labels(),
        },
        ["spec"] = SpecificationWithAgents(),
        ["status"] = new JsonObject
        {
            ["phase"] = Phase,
            ["conditions"] = Conditions(),
            ["containerStatuses"] = new JsonArray([.. ContainerNames.Select(Status)]),
            ["ephemeralContainerStatuses"] = new JsonArray([.. Containers.Select(one => one.Status)]),
        },
    };

    protected virtual string Phase => Settings.PhaseOf(name);

    protected virtual JsonArray Conditions() => [];

    protected virtual JsonObject Labels() => new() { ["app"] = "prometheus" };

    protected virtual JsonObject Specification()
    {
        JsonObject specification = (JsonObject)JsonNode.Parse("""
            {"nodeName": "node-1", "restartPolicy": "Always", "containers": [
              {"name": "configmap-reload", "image": "registry/occne/configmap-reload:0.9", "args": ["--webhook-url=http://127.0.0.1:80/-/reload"]},
              {"name": "prom-svr", "image": "registry/occne/prometheus:v2.42.0", "args": ["--config.file=/etc/config/prometheus.yml", "--storage.tsdb.path=/data"]}
            ]}
            """)!;
        if (!Settings.HidesIdentity && agentArguments.SkipWhile(word => word != "--user").ElementAtOrDefault(1)?.Split(':') is [var user, var group])
        {
            specification["securityContext"] = new JsonObject { ["runAsUser"] = long.Parse(user, null), ["runAsGroup"] = long.Parse(group, null) };
        }

        return specification;
    }

    private JsonObject SpecificationWithAgents()
    {
        JsonObject specification = Specification();
        specification["ephemeralContainers"] = new JsonArray([.. Containers.Select(one => one.Specification.DeepClone())]);
        return specification;
    }

    protected virtual JsonNode Status(string one)
    {
        bool isTarget = one == "prom-svr";
        JsonNode running = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = $"{CreatedAt:yyyy-MM-ddTHH:mm:ssZ}" } };
        JsonNode state = isTarget ? Settings.TargetState?.DeepClone() ?? running : running;
        return new JsonObject
        {
            ["name"] = one,
            ["image"] = "registry/occne/" + one,
            ["ready"] = state["running"] is not null,
            ["restartCount"] = 0,
            ["state"] = state,
            ["lastState"] = isTarget ? Settings.TargetLastState?.DeepClone() ?? new JsonObject() : new JsonObject(),
        };
    }

    protected void Publish()
    {
        Interlocked.Exchange(ref _version, Interlocked.Increment(ref _newestVersion));
        Changed?.Invoke();
    }
}
