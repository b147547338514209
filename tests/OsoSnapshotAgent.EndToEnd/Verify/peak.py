"""Usage: peak.py COMMAND…
Runs it, and prints its exit status, the most memory that it had (KiB), and how many control characters it printed."""
import re
import resource
import subprocess
import sys

run = subprocess.run(sys.argv[1:], capture_output=True)
printed = run.stdout + run.stderr
sys.stderr.write(run.stderr.decode(errors="replace"))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(run.returncode, peak, len(re.findall(rb"[\0-\x09\x0b-\x1f\x7f]", printed)))
