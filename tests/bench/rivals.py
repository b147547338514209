"""Compares the agent with the commands that a user runs without it."""
import os
import resource
import shlex
import statistics

from runs import median_ratio

BASELINE = "tar czf"

# These variants give the same as the agent: an archive that was read back, and its checksum.
CAREFUL = {tool: f"tar \\| {tool} -1, {tool} -t, sha256sum" for tool in ("pigz", "igzip")}


def measure(runs, rounds):
    variants = list(_variants(runs))
    # This run is not counted. It fills the page cache, and leaves a snapshot for the first counted run.
    runs.run("", variants[0][1])
    runs.of.clear()
    for turn in range(1, rounds + 1):
        for name, command in variants:
            print(f"round {turn} of {rounds}: {name} …".replace("\\", ""), flush=True)
            runs.run(name, command)


def _workers():
    return sorted({1, 2, len(os.sched_getaffinity(0))})


def _agent_name(workers, level):
    return f"agent, {workers} worker{'s' * (workers > 1)}, level {level}"


def _variants(runs):
    for workers in _workers():
        for level in (1, 2, 3):
            yield _agent_name(workers, level), runs.agent(WORKERS=workers, LEVEL=level)
    for workers in _workers():
        for level in (1, 2):
            name = _agent_name(workers, level).replace("agent", "agent export --stream")
            yield name, runs.agent(stream=True, WORKERS=workers, LEVEL=level)
    source, packed = shlex.quote(runs.data), shlex.quote(runs.packed)
    yield BASELINE, f"tar czf {packed} -C {source} snapshots"
    for tool, careful in CAREFUL.items():
        pipeline = f"tar cf - -C {source} snapshots | {tool} -1 >{packed}"
        yield f"tar \\| {tool} -1", pipeline
        yield careful, f"{pipeline} && {tool} -t <{packed} && sha256sum {packed} >{packed}.sha256"


def table(runs):
    yield ["variant", "× wall", "× CPU", "size", "peak RSS", "wall", "CPU"]
    baseline = runs.of[BASELINE]
    # Linux counts the memory that the process had as Python before exec, so smaller values can't be measured.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + 1
    for name, those in runs.of.items():
        wall, cpu, _, memory = (statistics.median(column) for column in zip(*those))
        yield [
            name,
            f"{median_ratio(baseline, those, 'wall'):.1f}",
            f"{median_ratio(baseline, those, 'cpu'):.1f}",
            f"{median_ratio(those, baseline, 'size'):.3f}",
            f"{memory:.1f} MiB" if memory > own else f"< {own:.0f} MiB",
            f"{wall:.2f} s",
            f"{cpu:.2f} s",
        ]


def careful_table(runs):
    yield ["variant", *(f"× wall of {name}" for name in CAREFUL.values())]
    for workers in _workers():
        for level in (1, 2):
            name = _agent_name(workers, level)
            ratios = (median_ratio(runs.of[careful], runs.of[name], "wall") for careful in CAREFUL.values())
            yield [name, *(f"{ratio:.1f}" for ratio in ratios)]
