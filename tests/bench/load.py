"""Measures how long a Prometheus takes to answer queries, without the agent and beside it."""
import collections
import json
import math
import os
import statistics
import sys
import threading
import time
import urllib.parse
import urllib.request

from runs import median_ratio

QUERY = 'sum(rate(http_requests_total{code="200",handler="/login",method="GET"}[5m]))'
PACES = ("polite", "full")
TURNS = 4


class Load:
    """Clients that ask range queries, with only a short pause between an answer and the next query."""

    def __init__(self, url, clients=2):
        end = time.time() - 3600
        parameters = {"query": QUERY, "start": end - 4 * 3600, "end": end, "step": 300}
        self.address = f"{url}/api/v1/query_range?{urllib.parse.urlencode(parameters)}"
        self.clients, self.latencies, self.stopped = clients, [], threading.Event()

    def ask(self):
        while not self.stopped.is_set():
            start = time.monotonic()
            with urllib.request.urlopen(self.address) as answer:
                result = json.load(answer)["data"]["result"]
            self.latencies.append(1000 * (time.monotonic() - start) if result else math.nan)
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
        if any(map(math.isnan, self.latencies)):
            sys.exit("bench: a query found nothing")
        return self.latencies


def percentiles(latencies):
    """Returns p50 and p99."""
    return statistics.median(latencies), statistics.quantiles(latencies, n=100)[98]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class Beside:
    """Measures queries by turns: without an agent, and beside an agent at each pace."""

    def __init__(self, runs, server, seconds, clients, command=lambda text: text):
        self.runs, self.server, self.seconds, self.command = runs, server, seconds, command
        self.load = Load(runs.url, clients)
        self.latencies = collections.defaultdict(list)
        self.walls = collections.defaultdict(list)
        self.cpu = 0

    def measure(self, where):
        self.load.during(lambda: time.sleep(2))
        for turn in range(1, TURNS + 1):
            for pace in (None, *PACES):
                print(f"queries {where}, {pace or 'without the agent'}, {turn} of {TURNS} …", flush=True)
                self.turn(pace)
        return self

    def turn(self, pace):
        if pace is None:
            before = cpu_seconds(self.server)
            self.latencies[None] += self.load.during(lambda: time.sleep(self.seconds / TURNS))
            self.cpu += cpu_seconds(self.server) - before
            return
        command = self.command(self.runs.agent(PACE=pace))
        end = time.monotonic() + self.seconds / TURNS
        while time.monotonic() < end:
            self.latencies[pace] += self.load.during(
                lambda: self.walls[pace].append(self.runs.run(f"agent under load, {pace}", command).wall))

    def table(self):
        alone = f"queries (Prometheus alone takes {self.cpu / self.seconds:.2f} CPUs)"
        yield [alone, "number", "p50", "p99", "p50 more", "p99 more", "runs", "a run"]
        base = percentiles(self.latencies[None])
        for pace, latencies in self.latencies.items():
            own = percentiles(latencies)
            figures = [str(len(latencies)), *(f"{value:.0f} ms" for value in own)]
            if pace is None:
                yield ["without the agent", *figures, "", "", "", ""]
                continue
            more = (f"{100 * (value / bare - 1):+.0f} %" for value, bare in zip(own, base))
            yield [f"beside the agent, {pace}", *figures, *more, str(len(self.walls[pace])), f"{statistics.median(self.walls[pace]):.1f} s"]


def where_nobody_asks(runs, rounds):
    """Yields rows with what a run takes at each pace while nobody asks. The paces alternate."""
    those = collections.defaultdict(list)
    for turn in range(1, rounds + 1):
        # The second run of a round finds a machine that was just busy, so the paces also take turns in being second.
        for pace in PACES[:: 1 if turn % 2 else -1]:
            print(f"nobody asks, {pace}, {turn} of {rounds} …", flush=True)
            those[pace].append(runs.run(f"agent, nobody asks, {pace}", runs.agent(PACE=pace)))
    yield ["pace", "runs", "wall", "CPU", "wall, × of full"]
    for pace in PACES:
        wall, cpu, *_ = (statistics.median(column) for column in zip(*those[pace]))
        yield [pace, str(rounds), f"{wall:.2f} s", f"{cpu:.2f} s", f"{median_ratio(those[pace], those['full'], 'wall'):.3f}"]
