using System.Text.Json.Nodes;
using OsoSnapshotClient.Agents;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class ContainerSpecTests
{
    [Fact]
    public void A_container_has_what_the_restricted_policy_asks_for() => AssertJson(
        """
        {
          "name": "oso-snapshot-1", "image": "i", "command": ["oso-snapshot", "wait"], "targetContainerName": "prom",
          "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
            "runAsNonRoot": true,
            "runAsUser": 1000,
            "runAsGroup": 2000
          }
        }
        """,
        Spec(new(1000, 2000)));

    [Fact]
    public void Beside_root_it_is_root_and_may_look_into_its_processes() => AssertJson(
        """
        {
          "allowPrivilegeEscalation": false,
          "capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]},
          "seccompProfile": {"type": "RuntimeDefault"},
          "runAsNonRoot": false,
          "runAsUser": 0
        }
        """,
        Spec(new(0, null)) with { CanTrace = true },
        "securityContext");

    [Fact]
    public void The_identity_of_the_image_must_not_be_root() => AssertJson(
        """
        {
          "allowPrivilegeEscalation": false,
          "capabilities": {"drop": ["ALL"]},
          "seccompProfile": {"type": "RuntimeDefault"},
          "runAsNonRoot": true
        }
        """,
        Spec(identity: null),
        "securityContext");

    [Fact]
    public void One_that_stays_is_told_so() => AssertJson(
        """["oso-snapshot", "wait", "--resident"]""", Spec(identity: null) with { IsResident = true }, "command");

    // The cases are those of RFC 7386, appendix A, which a container can have.
    [Theory]
    [InlineData("""{"image": "j"}""", "image", "\"j\"")]
    [InlineData("""{"image": null}""", "image", null)]
    [InlineData("""{"absent": null}""", "absent", null)]
    [InlineData("""{"command": ["a"]}""", "command", """["a"]""")]
    [InlineData("""{"command": {"a": 1}}""", "command", """{"a": 1}""")]
    [InlineData("""{"image": {"a": {"b": 1}}}""", "image", """{"a": {"b": 1}}""")]
    [InlineData("""{"env": [{"name": "A", "value": null}]}""", "env", """[{"name": "A", "value": null}]""")]
    [InlineData(
        """{"securityContext": {"runAsUser": 7, "runAsGroup": null, "capabilities": {"add": ["X"]}, "seccompProfile": null, "privileged": true}}""",
        "securityContext",
        """{"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"], "add": ["X"]}, "runAsNonRoot": true, "runAsUser": 7, "privileged": true}""")]
    public void A_partial_container_is_merged_last(string custom, string member, string? expected) => AssertJson(
        expected, Spec(new(1000, 2000)) with { Start = new() { Image = "i", Custom = JsonNode.Parse(custom)!.AsObject() } }, member);

    [Fact]
    public void A_partial_container_serves_several_pods()
    {
        JsonObject custom = JsonNode.Parse("""{"env": [{"name": "A"}], "securityContext": {"seLinuxOptions": {"level": "s0"}}}""")!.AsObject();
        ContainerSpec spec = Spec(new(1000, 2000)) with { Start = new() { Image = "i", Custom = custom } };
        string before = custom.ToJsonString();

        Assert.Equal(spec.ToJson().ToJsonString(), spec.ToJson().ToJsonString());
        Assert.Equal(before, custom.ToJsonString());
    }

    [Fact]
    public void Null_in_an_object_that_the_container_lacks_removes_nothing_and_is_not_sent() => AssertJson(
        """{"a": 1}""",
        Spec(identity: null) with { Start = new() { Image = "i", Custom = JsonNode.Parse("""{"lifecycle": {"a": 1, "b": null}}""")!.AsObject() } },
        "lifecycle");

    private static ContainerSpec Spec(AgentIdentity? identity) => new()
    {
        Name = "oso-snapshot-1",
        Target = "prom",
        Start = new() { Image = "i" },
        Identity = identity,
    };

    private static void AssertJson(string? expected, ContainerSpec spec, string? member = null)
    {
        JsonObject container = spec.ToJson();
        JsonNode? actual = member is null ? container : container[member];
        Assert.True(
            JsonNode.DeepEquals(expected is null ? null : JsonNode.Parse(expected), actual), actual?.ToJsonString() ?? "none");
        Assert.False(expected is null && container.ContainsKey(member!));
    }
}
