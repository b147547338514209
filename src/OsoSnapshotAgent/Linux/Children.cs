namespace OsoSnapshotAgent.Linux;

/// <summary>Processes that become this one's children, if it is the first process of the container.</summary>
internal static class Children
{
    private const int ChildEnded = 17;
    private const nint Ignore = 1;

    /// <summary>Has the kernel reap every child that ends: waitpid(2), "Linux notes" on SIG_IGN.</summary>
    public static void Reap() => _ = LibC.Signal(ChildEnded, Ignore);
}
