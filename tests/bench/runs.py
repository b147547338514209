"""Runs commands one at a time, and records the time, memory and size of each."""
import collections
import os
import shlex
import signal
import statistics
import subprocess
import sys
import time

Run = collections.namedtuple("Run", "wall cpu size memory")


def median_ratio(over, under, figure):
    """Returns the median of the rounds' ratios, because a slow spell of the machine affects all runs of a round."""
    return statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in zip(over, under))


class Runs:
    def __init__(self, agent, data, url):
        self.program, self.data, self.url = agent, data, url
        self.packed = os.path.join(os.path.dirname(data), "packed.tgz")
        self.log = os.path.join(os.path.dirname(data), "run.log")
        self.of = {}

    def agent(self, stream=False, **settings):
        """Returns the command of a run. The settings have the names of the variables: WORKERS, LEVEL, PACE."""
        variables = {"URL": self.url, "DATA_DIR": self.data, "HOLD": "0", **settings}
        words = ["env", *(f"OSO_SNAPSHOT_{name}={value}" for name, value in variables.items()), self.program]
        return shlex.join(words) + (f" export --stream >{shlex.quote(self.packed)}" if stream else "")

    def run(self, name, command):
        # Every command runs at the lowest priority, because the agent gives itself that one.
        words = ["nice", "-n", "19", "ionice", "-c", "3", "bash", "-o", "pipefail", "-c", command]
        with open(self.log, "wb") as log:
            start = time.monotonic()
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                raise
            wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                sys.exit(f"bench: {name} ended with {process.returncode}: {log.read()[-2000:]}")
        written = self.packed if os.path.exists(self.packed) else os.path.join(self.data, "snapshots.tgz")
        run = Run(wall, usage.ru_utime + usage.ru_stime, os.path.getsize(written), usage.ru_maxrss / 1024)
        os.remove(written)
        self.of.setdefault(name, []).append(run)
        return run
