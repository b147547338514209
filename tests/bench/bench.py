"""Runs the agent and its rivals in turn on one data directory, and prints medians. Called by bench.sh."""
import argparse
import json
import os
import platform
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

BASELINE = "tar czf"
QUERY = 'sum(rate(http_requests_total{code="200",handler="/login",method="GET"}[5m]))'


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("agent", "data", "url", "title", "markdown"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--load-seconds", type=int, default=0)
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.packed = os.path.join(os.path.dirname(options.data), "packed.tgz")
        self.log = os.path.join(os.path.dirname(options.data), "run.log")
        self.runs = {}

    def agent(self, workers, level, stream=False):
        variables = {"OSO_SNAPSHOT_URL": self.options.url, "OSO_SNAPSHOT_DATA_DIR": self.options.data, "OSO_SNAPSHOT_HOLD": "0"}
        variables |= {"OSO_SNAPSHOT_WORKERS": workers} if workers else {}
        variables |= {"OSO_SNAPSHOT_LEVEL": level} if level else {}
        words = ["env", *(f"{name}={value}" for name, value in variables.items()), self.options.agent]
        return shlex.join(words) + (f" export --stream >{shlex.quote(self.packed)}" if stream else "")

    def variants(self):
        cores = len(os.sched_getaffinity(0))
        for workers in sorted({1, 2, cores}):
            for level in (1, 2, 3):
                yield f"agent, {workers} worker{'s' * (workers > 1)}, level {level}", self.agent(workers, level)
        for workers in sorted({1, 2, cores}):
            for level in (1, 2):
                yield f"agent export --stream, {workers} worker{'s' * (workers > 1)}, level {level}", self.agent(workers, level, stream=True)
        source, packed = (shlex.quote(path) for path in (self.options.data, self.packed))
        yield BASELINE, f"tar czf {packed} -C {source} snapshots"
        yield "tar \\| pigz -1", f"tar cf - -C {source} snapshots | pigz -1 >{packed}"
        yield "tar \\| igzip -1", f"tar cf - -C {source} snapshots | igzip -1 >{packed}"

    def run(self, name, command):
        # All at the lowest priority, since the agent gives itself that one.
        with open(self.log, "wb") as log:
            start = time.monotonic()
            process = subprocess.Popen(
                ["nice", "-n", "19", "ionice", "-c", "3", "bash", "-o", "pipefail", "-c", command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                sys.exit(f"bench: {name} ended with {process.returncode}: {log.read()[-2000:]}")
        written = self.packed if os.path.exists(self.packed) else os.path.join(self.options.data, "snapshots.tgz")
        self.runs.setdefault(name, []).append((seconds, usage.ru_utime + usage.ru_stime, os.path.getsize(written), usage.ru_maxrss / 1024))
        os.remove(written)

    def measure(self):
        variants = list(self.variants())
        # Not counted: fills the page cache for all, and leaves the snapshot that the first of them finds.
        self.run("", variants[0][1])
        self.runs.clear()
        for turn in range(1, self.options.rounds + 1):
            for name, command in variants:
                print(f"round {turn} of {self.options.rounds}: {name} …".replace("\\", ""), flush=True)
                self.run(name, command)

    def rows(self):
        yield ["variant", "× wall", "× CPU", "size", "peak RSS", "wall", "CPU"]
        baseline = self.runs[BASELINE]
        # Linux counts in what the process was before it became another program: us. Less can't be told.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + 1
        for name, runs in self.runs.items():
            # Ratios within a round: a machine that is slower for a while is slower for all.
            def ratio(column, over=0):
                pairs = ((base[column], run[column]) for base, run in zip(baseline, runs))
                return statistics.median(run / base if over else base / run for base, run in pairs)

            wall, cpu, _, memory = (statistics.median(column) for column in zip(*runs))
            resident = f"{memory:.1f} MiB" if memory > own else f"< {own:.0f} MiB"
            yield [name, f"{ratio(0):.1f}", f"{ratio(1):.1f}", f"{ratio(2, over=1):.3f}", resident, f"{wall:.2f} s", f"{cpu:.2f} s"]


class Load:
    """Some clients that ask range queries without a pause between an answer and the next question but a short one."""

    def __init__(self, url, clients=2):
        self.url, self.clients, self.latencies, self.stopped = url, clients, [], threading.Event()

    def ask(self):
        end = time.time() - 3600
        parameters = {"query": QUERY, "start": end - 4 * 3600, "end": end, "step": 300}
        address = f"{self.url}/api/v1/query_range?{urllib.parse.urlencode(parameters)}"
        while not self.stopped.is_set():
            start = time.monotonic()
            with urllib.request.urlopen(address) as answer:
                result = json.load(answer)["data"]["result"]
            self.latencies.append(1000 * (time.monotonic() - start) if result else float("nan"))
            time.sleep(0.05)

    def during(self, work):
        self.latencies, self.stopped = [], threading.Event()
        threads = [threading.Thread(target=self.ask) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            work()
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join()
        return self.latencies


def under_load(bench, seconds):
    """p50 and p99 in milliseconds, by turns without and with an agent of default settings."""
    load, without, beside, runs = Load(bench.options.url), [], [], 0
    load.during(lambda: time.sleep(2))
    for turn in range(4):
        print(f"queries without and beside the agent, {turn + 1} of 4 …", flush=True)
        without += load.during(lambda: time.sleep(seconds / 4))
        end = time.monotonic() + seconds / 4
        while time.monotonic() < end:
            beside += load.during(lambda: bench.run("agent under load", bench.agent(None, None)))
            runs += 1
    yield ["queries", "number", "p50", "p99"]
    for name, latencies in (("without the agent", without), (f"beside the agent, default settings, {runs} runs", beside)):
        if any(latency != latency for latency in latencies):
            sys.exit("bench: a query found nothing")
        cuts = statistics.quantiles(latencies, n=100)
        yield [name, str(len(latencies)), f"{statistics.median(latencies):.0f} ms", f"{cuts[98]:.0f} ms"]


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    isal = first_line("dpkg-query", "--show", "--showformat=${Version}\n", "libisal2")
    tools = ", ".join([*(first_line(tool, "--version") for tool in ("tar", "gzip", "pigz", "igzip")), f"libisal2 {isal}"])
    return f"{len(os.sched_getaffinity(0))} × {model}, {memory:.0f} GiB, Linux {platform.release()}; {tools}"


def as_text(rows):
    rows = [[cell.replace("\\", "") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))) for row in rows)


def as_markdown(rows):
    head, *rest = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] + ["---:"] * (len(head) - 1), *rest])


def main():
    options = arguments()
    bench = Bench(options)
    bench.measure()
    tables = [(f"{options.title} of blocks, medians of {options.rounds} rounds, × = {BASELINE} divided by it", list(bench.rows()))]
    if options.load_seconds:
        tables.append((f"Queries to the Prometheus beside it ({options.title})", list(under_load(bench, options.load_seconds))))
    description = machine()
    with open(options.markdown, "a", encoding="utf-8") as file:
        for title, rows in tables:
            print(f"\n{title}\n{description}\n\n{as_text(rows)}")
            file.write(f"{title}; {description}\n\n{as_markdown(rows)}\n\n")


if shutil.which("pigz") is None or shutil.which("igzip") is None:
    sys.exit("bench: pigz or igzip is missing; run ./build.sh bench")
main()
