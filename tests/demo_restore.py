#!/usr/bin/env python3
"""Restores the blocks of a directory through an agent that waits: demo_restore.py AGENT DIRECTORY

The protocol is that of src/OsoSnapshotAgent/WAIT.md. Operators use kubectl oso-snapshot restore --into.
"""
import gzip, hashlib, io, json, os, struct, subprocess, sys, tarfile

agent, directory = sys.argv[1:]


def files(block):
    root = os.path.join(directory, block)
    return sorted(os.path.relpath(os.path.join(place, name), root) for place, _, names in os.walk(root) for name in names)


def offer(block):
    fingerprint, size = hashlib.sha256(), 0
    for name in files(block):
        with open(os.path.join(directory, block, name), "rb") as file:
            content = file.read()
        size += len(content)
        fingerprint.update(f"{name}\0{len(content)}\0".encode())
        if name in ("meta.json", "tombstones"):
            fingerprint.update(content)
    with open(os.path.join(directory, block, "meta.json")) as file:
        meta = json.load(file)
    return {"ulid": block, "fingerprint": fingerprint.hexdigest()[:16], "from": meta["minTime"], "to": meta["maxTime"], "bytes": size}


def archive(block):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for name in files(block):
            tar.add(os.path.join(directory, block, name), f"{block}/{name}")
    return packed.getvalue()


request = json.dumps({"run": "demo", "kind": "restore", "settings": {}}).encode()
start = subprocess.run([agent, "start"], input=b"%d\n%s" % (len(request), request), capture_output=True)
if start.returncode != 0:
    sys.exit(start.stdout.decode() + start.stderr.decode())

blocks = [block for block in sorted(os.listdir(directory)) if os.path.isfile(os.path.join(directory, block, "meta.json"))]
with subprocess.Popen([agent, "receive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as receive:

    def say(message):
        receive.stdin.write(json.dumps(message).encode() + b"\n")

    def hear():
        receive.stdin.flush()
        return json.loads(receive.stdout.readline() or sys.exit("the run has ended: see its log"))

    say({"blocks": [offer(block) for block in blocks]})
    for planned in hear()["plan"]:
        if planned["fate"] == "send":
            say({"ulid": planned["ulid"]})
            content = archive(planned["ulid"])
            receive.stdin.write(struct.pack("<i", len(content)) + content + struct.pack("<i", 0))
            print("✅ block", hear()["back"], "is back")
