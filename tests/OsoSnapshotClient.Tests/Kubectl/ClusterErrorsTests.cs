using OsoSnapshotClient.Kubectl;
using OsoSnapshotClient.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Kubectl;

/// <summary>Tests the explanations of answers that kubectl 1.32 printed with a real cluster.</summary>
public sealed class ClusterErrorsTests
{
    [Theory]
    [InlineData("Error from server (Forbidden): pods \"P\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false", 1, "policy refuses the profile 'restricted'")]
    [InlineData("Error from server (Forbidden): pods \"P\" is forbidden: User \"eve\" cannot patch resource \"pods/ephemeralcontainers\" in API group \"\" in the namespace \"oso\"", 1, "You may not do this here")]
    [InlineData("Error from server (NotFound): pods \"nopod\" not found", 2, "There is no pod oso-p-prom-svr-0 -n oso.")]
    [InlineData("The Pod \"P\" is invalid: spec.ephemeralContainers[0].targetContainerName: Not found: \"nope\"", 2, "has no container 'nope'")]
    [InlineData("E1121 12:00:00.000000 1 memcache.go:265] noise\nerror: something else", 1, "It failed: error: something else")]
    public void The_cause_is_named(string answer, int status, string problem)
    {
        PodAccess access = Recorded.Access(new RecordedKubectl());
        access = access with { Start = access.Start with { Target = "nope" } };

        OperatorException told = ClusterErrors.Explain(new(1, string.Empty, answer), "It failed", access);

        Assert.Equal(status, (int)told.Status);
        Assert.Contains(problem, told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_may_not_list_is_told_of_that_right_and_not_of_others()
    {
        const string Answer = "Error from server (Forbidden): pods is forbidden: User \"eve\" cannot list resource \"pods\" in API group \"\" in the namespace \"oso\"";

        OperatorException told = ClusterErrors.Explain(
            new(1, string.Empty, Answer), "Pods can't be listed", Recorded.Access(new RecordedKubectl()));

        Assert.Contains("'list' on pods", told.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("ephemeralcontainers", told.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_in_an_answer_is_not_shown()
    {
        PodAccess access = Recorded.Access(new RecordedKubectl());
        access = access with { Start = access.Start with { Custom = "identity.json" } };

        OperatorException told = ClusterErrors.Explain(
            new(1, string.Empty, "error: strategic merge of &v1.Container{Name:\"x\", Image:\"y\"} failed"), "It failed", access);

        Assert.DoesNotContain("Container{", told.Message, StringComparison.Ordinal);
        Assert.Contains("--custom=identity.json", told.Message, StringComparison.Ordinal);
    }
}
