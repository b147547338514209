using OsoSnapshotClient.Cluster;
using OsoSnapshotCore;

namespace OsoSnapshotClient.Tests.Cluster;

public sealed class NameTests
{
    [Theory]
    [InlineData("p", true)]
    [InlineData("0.a-b.c", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("a..b", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("A", false)]
    [InlineData("a/b", false)]
    [InlineData("ä", false)]
    [InlineData(null, false)]
    public void A_pod_has_a_name_of_small_letters_digits_dashes_and_dots(string? name, bool isName) =>
        Assert.Equal(isName, KubeName.IsPod(name));

    [Fact]
    public void Only_the_whole_name_of_a_pod_is_bounded()
    {
        Assert.True(KubeName.IsPod(new string('a', 64)));
        Assert.True(KubeName.IsPod(new string('a', 100) + "." + new string('b', 152)));
        Assert.False(KubeName.IsPod(new string('a', 100) + "." + new string('b', 153)));
        Assert.True(KubeName.IsLabel(new string('a', 63)));
        Assert.False(KubeName.IsLabel(new string('a', 64)));
        Assert.False(KubeName.IsLabel("a.b"));
    }

    [Theory]
    [InlineData("p", "Pod", "p")]
    [InlineData("pod/p", "Pod", "p")]
    [InlineData("sts/p", "StatefulSet", "p")]
    [InlineData("statefulset/p", "StatefulSet", "p")]
    [InlineData("deploy/p", "Deployment", "p")]
    public void A_pod_is_named_as_for_kubectl(string text, string kind, string name)
    {
        (WorkloadKind Kind, string Name) named = WorkloadName.Parse(text);

        Assert.Equal((kind, name), (named.Kind.ToString(), named.Name));
    }

    [Theory]
    [InlineData("job/p")]
    [InlineData("sts/")]
    [InlineData("sts/../p")]
    [InlineData("-p")]
    [InlineData("")]
    public void What_names_no_pod_is_refused(string text) =>
        Assert.Equal(ExitStatus.Settings, Assert.Throws<OperatorException>(() => WorkloadName.Parse(text)).Status);
}
