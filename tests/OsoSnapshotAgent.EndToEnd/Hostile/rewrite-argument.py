"""rewrite-argument.py PID FROM TO: overwrites an argument of a process, as any process may do with its own.

TO contains one "=/". Slashes are added there until TO is as long as FROM.
"""
import sys

pid, old, new = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
new = new.replace(b"=/", b"=/" + b"/" * (len(old) - len(new)), 1)
with open(f"/proc/{pid}/cmdline", "rb") as file:
    offset = file.read().index(b"\0" + old + b"\0") + 1
with open(f"/proc/{pid}/stat") as file:
    # arg_start is the 48th field; the name, which may hold blanks, is the second.
    start = int(file.read().rsplit(")", 1)[1].split()[45])
with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
    memory.seek(start + offset)
    memory.write(new)
