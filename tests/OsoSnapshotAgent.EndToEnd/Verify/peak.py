"""Usage: peak.py COMMAND…
Runs the command. Prints its exit status, its peak memory in KiB, and the number of control characters in its output."""
import re
import resource
import subprocess
import sys

run = subprocess.run(sys.argv[1:], capture_output=True)
printed = run.stdout + run.stderr
sys.stderr.write(run.stderr.decode(errors="replace"))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(run.returncode, peak, len(re.findall(rb"[\0-\x09\x0b-\x1f\x7f]", printed)))
