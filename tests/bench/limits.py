"""Sets a pod's CPU limit as the kubelet does: with a cgroup for the pod, and one below it for each container."""
import contextlib
import os
import shlex
import time

PERIOD = 100_000


class Unavailable(Exception):
    """This machine allows no such cgroup."""


def _write(cgroup, file, text):
    with open(os.path.join(cgroup, file), "w", encoding="ascii") as handle:
        handle.write(str(text))


def _hierarchy():
    """Returns the mount point of the cpu controller, and whether the controller is of version 1."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        # proc_pid_mountinfo(5): the mount point is the fifth field; the type and the options follow a dash.
        found = [(line.split()[4], *line.partition(" - ")[2].split()) for line in mounts]
    for mount, kind, *_, options in found:
        if kind == "cgroup" and "cpu" in options.split(","):
            return mount, True
    for mount, kind, *_ in found:
        if kind == "cgroup2":
            with open(os.path.join(mount, "cgroup.controllers"), encoding="ascii") as controllers:
                if "cpu" in controllers.read().split():
                    return mount, False
    raise Unavailable("no cgroup file system with the cpu controller is mounted")


def _limit(root, pod, containers, cpus, version1):
    """Makes the cgroups. The weights are the kubelet's: for a request of 1 CPU, and for no request."""
    os.mkdir(pod)
    if version1:
        _write(pod, "cpu.cfs_period_us", PERIOD)
        _write(pod, "cpu.cfs_quota_us", int(cpus * PERIOD))
    else:
        _write(root, "cgroup.subtree_control", "+cpu")
        _write(pod, "cpu.max", f"{int(cpus * PERIOD)} {PERIOD}")
        _write(pod, "cgroup.subtree_control", "+cpu")
    file, weights = ("cpu.shares", (1024, 2)) if version1 else ("cpu.weight", (39, 1))
    for container, weight in zip(containers, weights):
        os.mkdir(container)
        _write(container, file, weight)


def _remove(cgroup, root):
    if not os.path.isdir(cgroup):
        return
    with open(os.path.join(cgroup, "cgroup.procs"), encoding="ascii") as pids:
        left = pids.read().split()
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            _write(root, "cgroup.procs", pid)
    deadline = time.monotonic() + 5
    while True:
        try:
            return os.rmdir(cgroup)
        except OSError:
            # A process that ends stays in its cgroup for a moment.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def pod(server, cpus):
    """Puts a server into one container of a pod. Yields a function that makes a command run in the other container."""
    root, version1 = _hierarchy()
    path = os.path.join(root, f"oso-bench-{os.getpid()}")
    containers = [os.path.join(path, name) for name in ("prometheus", "agent")]
    try:
        try:
            _limit(root, path, containers, cpus, version1)
            _write(containers[0], "cgroup.procs", server)
        except OSError as reason:
            raise Unavailable(f"{path}: {reason.strerror}") from reason
        yield lambda command: f"echo $$ >{shlex.quote(containers[1])}/cgroup.procs && {command}"
    finally:
        for cgroup in (*containers, path):
            _remove(cgroup, root)
