using OsoSnapshotClient.Cluster;

namespace OsoSnapshotClient.Tests.Cluster;

public sealed class PodTests
{
    [Fact]
    public void The_containers_of_agents_are_known_by_name_or_image()
    {
        V1Pod pod = Pod(("oso-snapshot-1", "x"), ("debugger-abc", "registry/oso_snapshot:1"), ("debugger-x", "busybox"));

        Assert.Equal(["oso-snapshot-1", "debugger-abc"], pod.AgentContainers());
        Assert.True(pod.HasEphemeralContainer("debugger-x"));
        Assert.False(pod.HasEphemeralContainer("other"));
        Assert.Equal(ContainerPhase.Starting, pod.StateOf("other").Phase);
    }

    [Fact]
    public void Of_containers_that_stay_those_that_run_are_found_by_image_and_target()
    {
        V1Pod pod = Pod(("oso-snapshot-resident-1", "i"), ("oso-snapshot-resident-2", "i"), ("oso-snapshot-3", "i"));
        pod.Status.EphemeralContainerStatuses =
        [
            new() { Name = "oso-snapshot-resident-1", State = new() { Running = new() } },
            new() { Name = "oso-snapshot-resident-2", State = new() { Terminated = new() } },
            new() { Name = "oso-snapshot-3", State = new() { Running = new() } },
        ];

        Assert.Equal(["oso-snapshot-resident-1"], pod.ResidentContainers());
        Assert.Equal(["oso-snapshot-resident-1"], pod.ResidentContainers("i", "prom"));
        Assert.Empty(pod.ResidentContainers("j"));
        Assert.Empty(pod.ResidentContainers("i", "other"));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(-256)]
    [InlineData(int.MaxValue)]
    public void An_exit_code_that_the_system_would_cut_to_success_is_a_failure(int exitCode) => Assert.Equal(
        1, ContainerState.Of(new() { Terminated = new() { ExitCode = exitCode } }).ExitCode);

    [Fact]
    public void The_end_and_the_wait_of_a_container_are_told_on_one_line()
    {
        ContainerState end = ContainerState.Of(
            new() { Terminated = new() { ExitCode = 3, Message = "no\nPrometheus\u001b ", Reason = "Error" } });
        ContainerState wait = ContainerState.Of(new() { Waiting = new() { Reason = "ErrImageNeverPull", Message = "x" } });

        Assert.Equal(new ContainerState(ContainerPhase.Terminated, "Error", "no Prometheus", 3), end);
        Assert.Equal((true, true, false), (end.HasStarted, end.HasEnded, end.CanNotStart));
        Assert.Equal((false, false, true), (wait.HasStarted, wait.HasEnded, wait.CanNotStart));
        Assert.Equal(ContainerPhase.Starting, ContainerState.Of(new()).Phase);
        Assert.Equal(ContainerPhase.Starting, ContainerState.Of(null).Phase);
    }

    private static V1Pod Pod(params (string Name, string Image)[] containers) => PodCheck.Require(
        new()
        {
            Metadata = new() { Name = "p" },
            Spec = new()
            {
                EphemeralContainers =
                [
                    .. containers.Select(one => new V1EphemeralContainer
                    {
                        Name = one.Name,
                        Image = one.Image,
                        TargetContainerName = "prom",
                    }),
                ],
            },
        },
        "p");
}
