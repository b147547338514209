"""Tests the bench's arithmetic, and the cgroups that it makes. BenchTests runs these tests."""
import os
import subprocess
import unittest

import limits
import load
import runs
import tables


def cgroups_of(pid):
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
        return file.read()


def run_of(wall):
    return runs.Run(wall, cpu=1, size=1, memory=1)


class Tests(unittest.TestCase):
    def test_ratios_are_taken_within_a_round(self):
        slow, fast = [run_of(2), run_of(20), run_of(3)], [run_of(1), run_of(10), run_of(3)]

        self.assertEqual(runs.median_ratio(slow, fast, "wall"), 2)

    def test_percentiles_are_the_middle_and_the_hundredth_from_the_top(self):
        middle, high = load.percentiles([float(value) for value in range(1, 1000)])

        self.assertEqual((middle, high), (500, 990))

    def test_a_row_of_queries_says_how_much_longer_they_took(self):
        beside = load.Beside(runs.Runs("agent", "/data", "http://x"), server=0, seconds=10, clients=1)
        beside.latencies |= {None: [100.0] * 100, "polite": [115.0] * 100}
        beside.walls["polite"] = [3.0, 5.0, 4.0]
        beside.cpu = 5

        head, _, polite = beside.table()

        self.assertIn("0.50 CPUs", head[0])
        self.assertEqual(polite, ["beside the agent, polite", "100", "115 ms", "115 ms", "+15 %", "+15 %", "3", "4.0 s"])

    def test_markdown_keeps_a_bar_within_a_cell_and_text_does_not(self):
        rows = [["variant", "wall"], ["tar \\| pigz", "1 s"]]

        self.assertEqual(tables.as_markdown(rows), "| variant | wall |\n| --- | ---: |\n| tar \\| pigz | 1 s |")
        self.assertEqual(tables.as_text(rows), "variant     wall\ntar | pigz   1 s")

    def test_a_pod_holds_the_server_and_the_command_to_its_limit_and_leaves_nothing(self):
        with subprocess.Popen(["sleep", "60"]) as server:
            before = cgroups_of(server.pid)
            try:
                with limits.pod(server.pid, cpus=1) as inside:
                    pod = f"/oso-bench-{os.getpid()}/"
                    self.assertIn(pod + "prometheus\n", cgroups_of(server.pid))
                    agent = subprocess.run(["bash", "-c", inside("cat /proc/self/cgroup")], capture_output=True, text=True, check=True)
                    self.assertIn(pod + "agent\n", agent.stdout)
                self.assertEqual(cgroups_of(server.pid), before)
            except limits.Unavailable as reason:
                self.skipTest(str(reason))
            finally:
                server.kill()


if __name__ == "__main__":
    unittest.main()
