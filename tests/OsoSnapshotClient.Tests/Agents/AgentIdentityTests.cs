using OsoSnapshotClient.Agents;
using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Agents;

public sealed class AgentIdentityTests
{
    [Theory]
    [InlineData("65534:65534", 65534L, 65534L)]
    [InlineData("1000", 1000L, null)]
    [InlineData("0:0", 0L, 0L)]
    [InlineData("2147483647:0", 2147483647L, 0L)]
    public void An_identity_is_one_or_two_numbers(string text, long user, long? group)
    {
        AgentIdentity? identity = AgentIdentity.TryParse(text);

        Assert.Equal(new AgentIdentity(user, group), identity);
        Assert.Equal(text, identity?.ToString());
        Assert.Equal(user == 0, identity?.IsRoot);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1:2:3")]
    [InlineData("root")]
    [InlineData("0x1")]
    [InlineData("٣")]
    [InlineData("2147483648")]
    [InlineData("99999999999999999999:1")]
    public void Anything_else_is_none(string? text) => Assert.Null(AgentIdentity.TryParse(text));

    [Theory]
    [InlineData(1000, 2000, 3000, 4000, "1000:2000")]
    [InlineData(null, null, 3000, 4000, "3000:4000")]
    [InlineData(1000, null, 3000, 4000, "1000:4000")]
    [InlineData(1000, null, null, null, "1000")]
    [InlineData(null, 2000, null, 4000, null)]
    [InlineData(null, null, null, null, null)]
    public void The_containers_own_identity_comes_before_the_pods(
        int? ownUser, int? ownGroup, int? podUser, int? podGroup, string? expected)
    {
        V1Pod pod = new()
        {
            Spec = new()
            {
                SecurityContext = new() { RunAsUser = podUser, RunAsGroup = podGroup },
                Containers =
                [
                    new() { Name = "other", SecurityContext = new() { RunAsUser = 7, RunAsGroup = 7 } },
                    new() { Name = "prom", SecurityContext = new() { RunAsUser = ownUser, RunAsGroup = ownGroup } },
                ],
            },
        };

        Assert.Equal(expected, AgentIdentity.Of(pod, "prom")?.ToString());
    }

    [Fact]
    public void A_pod_that_says_nothing_leaves_it_to_the_image()
    {
        Assert.Null(AgentIdentity.Of(new() { Spec = new() { Containers = [new() { Name = "prom" }] } }, "prom"));
        Assert.Null(AgentIdentity.Of(new(), "prom"));
    }
}
