using System.Text;
using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Cluster;

/// <summary>Tests the explanations of Status objects that Kubernetes 1.32 answers.</summary>
public sealed class ClusterErrorsTests
{
    private static readonly ClusterPlace Place = new("prom-0", " -n oso") { Target = "nope", ContainerNames = "a, b" };

    [Theory]
    [InlineData(403, """{"kind":"Status","reason":"Forbidden","message":"pods \"P\" is forbidden: violates PodSecurity \"restricted:latest\"","details":{"kind":"pods"}}""", 1, "A policy of the cluster or its namespace refuses this: pods \"P\" is forbidden: violates")]
    [InlineData(400, """{"kind":"Status","reason":"BadRequest","message":"admission webhook \"x\" denied the request: no"}""", 1, "A policy of the cluster or its namespace refuses this: admission webhook")]
    [InlineData(422, """{"kind":"Status","reason":"Invalid","message":"ValidatingAdmissionPolicy x denied","details":{"kind":"pods","causes":[{"message":"no"}]}}""", 1, "A policy of the cluster or its namespace refuses this: ValidatingAdmissionPolicy")]
    [InlineData(422, """{"kind":"Status","reason":"Invalid","message":"m","details":{"kind":"Pod","causes":[{"reason":"FieldValueNotFound","message":"Not found","field":"spec.ephemeralContainers[0].targetContainerName"}]}}""", 2, "Pod prom-0 has no container 'nope'.")]
    [InlineData(422, """{"kind":"Status","reason":"Invalid","message":"bad image","details":{"kind":"Pod","causes":[{"reason":"FieldValueRequired","field":"spec.ephemeralContainers[0].image"}]}}""", 1, "It failed: bad image")]
    [InlineData(404, """{"kind":"Status","reason":"NotFound","message":"pods \"prom-0\" not found","details":{"kind":"pods","name":"prom-0"}}""", 2, "There is no pod prom-0 -n oso.")]
    [InlineData(404, """{"kind":"Status","reason":"NotFound","message":"the server could not find the requested resource","details":{}}""", 1, "This cluster has no ephemeral containers: ")]
    [InlineData(401, """{"kind":"Status","reason":"Unauthorized","message":"Unauthorized"}""", 1, "The cluster doesn't know you: Unauthorized")]
    [InlineData(409, """{"kind":"Status","reason":"Conflict","message":"modified"}""", 1, "It failed: modified")]
    [InlineData(429, "busy", 1, "It failed: busy")]
    [InlineData(500, """{"kind":"Status","reason":"InternalError","message":"etcd"}""", 1, "It failed: etcd")]
    [InlineData(502, "dial tcp: connection refused", 1, "The cluster can't be reached, or the login fails: dial tcp")]
    public void The_cause_is_named(int code, string answer, int status, string problem)
    {
        ClusterException refusal = StatusObject.ToException(code, Encoding.UTF8.GetBytes(answer)).ForContainer();

        OperatorException told = ClusterErrors.Explain(refusal, "It failed", Place);

        Assert.Equal(status, (int)told.Status);
        Assert.StartsWith(problem, told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_remedy_of_a_missing_right_names_that_right_and_no_other()
    {
        ClusterException refusal = StatusObject.ToException(403, "no"u8).WithMissing(new("list", "pods"));

        Assert.Equal("have someone grant you 'list' on pods", ClusterErrors.Explain(refusal, "It failed", Place).Remedy);
    }

    [Fact]
    public void A_refusal_that_is_not_about_a_container_is_no_policy() => Assert.Equal(
        "It failed: container x is not valid for pod p",
        ClusterErrors.Explain(
            StatusObject.ToException(400, """{"kind":"Status","reason":"BadRequest","message":"container x is not valid for pod p"}"""u8),
            "It failed",
            Place).Message);

    [Fact]
    public void An_object_in_an_answer_is_cut() => Assert.InRange(
        StatusObject.ToException(500, Encoding.UTF8.GetBytes(new string('x', 60_000))).Message.Length, 600, 650);
}
