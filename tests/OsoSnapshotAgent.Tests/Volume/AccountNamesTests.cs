using OsoSnapshotAgent.Server;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotAgent.Volume;

namespace OsoSnapshotAgent.Tests.Volume;

public sealed class AccountNamesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Takes_the_names_of_the_targets_own_files()
    {
        _directory.Write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nprom:x:65534:65534::/:/bin/false\nprom2:x:65534:1::/:/bin/false\n");
        _directory.Write("etc/group", "wheel:x:0:\nmonitoring:x:4294967294:prom\n");
        AccountNames names = NamesBelow(_directory.Root);

        Assert.Equal(("root", "prom", null), (names.UserName(0), names.UserName(65534), names.UserName(1)));
        Assert.Equal(("wheel", "monitoring", null), (names.GroupName(0), names.GroupName(4294967294), names.GroupName(65534)));
    }

    [Fact]
    public void A_linked_file_is_that_of_the_target()
    {
        _directory.Write("usr/etc/passwd", "inside:x:0:0::/:/bin/sh\n");
        _directory.Link("etc/passwd", "/usr/etc/passwd");

        Assert.Equal("inside", NamesBelow(_directory.Root).UserName(0));
    }

    [Fact]
    public void Malformed_lines_are_skipped()
    {
        _directory.Write("etc/passwd", "\n# comment\n+::::::\nbroken:x\nneg:x:-1:0::/:\nbig:x:99999999999:0::/:\nprom:x:7:7::/:/bin/sh");

        Assert.Equal("prom", NamesBelow(_directory.Root).UserName(7));
    }

    [Fact]
    public void Without_the_files_there_are_only_numbers()
    {
        Assert.Null(NamesBelow(_directory.Root).UserName(0));
        Assert.Null(NamesBelow(_directory.Root).GroupName(0));
    }

    public void Dispose() => _directory.Dispose();

    private AccountNames NamesBelow(string root)
    {
        string process = $"process-{Guid.NewGuid()}";
        _directory.Link($"{process}/root", root);
        return new(ContainerRoot.OpenOf(_directory.PathOf(process)).TryReadStart);
    }
}
