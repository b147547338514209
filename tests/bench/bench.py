"""Measures the agent on the data directory of a running Prometheus, and prints tables. bench.sh calls it."""
import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys

import limits
import load
import rivals
from runs import Runs
from tables import as_markdown, as_text


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("agent", "data", "url", "title", "markdown"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--server", type=int, required=True, help="the PID of Prometheus")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--load-seconds", type=int, default=0)
    return parser.parse_args()


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    isal = first_line("dpkg-query", "--show", "--showformat=${Version}\n", "libisal2")
    tools = ", ".join([*(first_line(tool, "--version") for tool in ("tar", "gzip", "pigz", "igzip")), f"libisal2 {isal}"])
    return f"{len(os.sched_getaffinity(0))} × {model}, {memory:.0f} GiB, Linux {platform.release()}; {tools}"


def tables(runs, options):
    """Yields the tables, each as a title and rows."""
    rounds, size = options.rounds, options.title
    rivals.measure(runs, rounds)
    yield f"{size} of blocks, medians of {rounds} rounds, × = {rivals.BASELINE} divided by it", rivals.table(runs)
    yield f"What gives the same as the agent, divided by the agent ({size})", rivals.careful_table(runs)
    if not options.load_seconds:
        return
    yield f"A run where nobody waits ({size})", load.where_nobody_asks(runs, 3 * rounds)
    without_limits = load.Beside(runs, options.server, options.load_seconds, clients=2).measure("without limits")
    yield f"Two clients' queries to the Prometheus beside it, no limits ({size})", without_limits.table()
    try:
        with limits.pod(options.server, cpus=1) as inside:
            in_pod = load.Beside(runs, options.server, options.load_seconds, 1, inside).measure("in a pod with 1 CPU")
        yield f"One client's queries to the Prometheus beside it, 1 CPU for both ({size})", in_pod.table()
    except limits.Unavailable as reason:
        print(f"No table of queries in a pod with a CPU limit: {reason}")


def main():
    # Without a handler, the signal would leave cgroups and a running agent.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    description = machine()
    with open(options.markdown, "a", encoding="utf-8") as file:
        for title, rows in tables(Runs(options.agent, options.data, options.url), options):
            rows = list(rows)
            print(f"\n{title}\n{description}\n\n{as_text(rows)}\n", flush=True)
            file.write(f"{title}; {description}\n\n{as_markdown(rows)}\n\n")


if shutil.which("pigz") is None or shutil.which("igzip") is None:
    sys.exit("bench: pigz or igzip is missing; run ./build.sh bench")
main()
