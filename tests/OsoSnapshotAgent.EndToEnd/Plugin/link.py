#!/usr/bin/env python3
"""Simulates kubectl's connection to a cluster over a link with delay, with real TCP between two network namespaces.

link.py serve PROGRAM MS   makes the namespaces, joined by delay.c's PROGRAM with MS milliseconds of round trip. It
                           prints "ready", and runs the commands of "exec" until standard input ends
link.py exec COMMAND …     runs COMMAND at the far end, and returns its output, errors and status over the link
"""
import json, os, socket, struct, subprocess, sys, threading

NEAR, FAR = "oso-near", "oso-far"
ADDRESS = ("10.213.0.2", 7000)
CHUNK = 256 * 1024

# These are Linux' defaults. This machine's settings may differ.
CONGESTION_CONTROL = b"cubic"
SETTINGS = ["net.ipv4.tcp_rmem=4096 131072 6291456", "net.ipv4.tcp_wmem=4096 16384 4194304"]

# After the TCP connection, kubectl needs round trips for TLS 1.3, the upgrade of HTTP, and the connection's streams.
ROUND_TRIPS = 3


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def inside(name):
    """Returns the command that enters a namespace. "ip netns exec" would hide the control groups that podman needs."""
    return ["nsenter", f"--net=/run/netns/{name}"]


def join(name, device, address):
    run("ip", "netns", "add", name)
    run("ip", "link", "set", device, "netns", name)
    run("ip", "-n", name, "address", "add", address + "/24", "dev", device)
    # The delay must be the only limit: the usual 500 packets are less than the window of one connection.
    run("ip", "-n", name, "link", "set", device, "up", "txqueuelen", "50000")
    for setting in SETTINGS:
        run(*inside(name), "sysctl", "-w", setting)


def leave():
    for name in (NEAR, FAR):
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def serve(program, milliseconds):
    # A run that was killed leaves its namespaces.
    leave()
    link = subprocess.Popen([program, NEAR, FAR, str(int(float(milliseconds) * 500))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    link.stdout.readline()
    try:
        join(NEAR, NEAR, "10.213.0.1")
        join(FAR, FAR, ADDRESS[0])
        server = subprocess.Popen([*inside(FAR), sys.executable, __file__, "listen"], stdout=subprocess.PIPE)
        server.stdout.readline()
        print("ready", flush=True)
        sys.stdin.read()
        server.terminate()
    finally:
        link.stdin.close()
        leave()


def listen():
    server = socket.create_server(ADDRESS)
    print("listening", flush=True)
    while True:
        threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()


def answer(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION_CONTROL)
    lines = connection.makefile("rb")
    for _ in range(ROUND_TRIPS):
        command = json.loads(lines.readline())
        connection.sendall(b"\n")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lock = threading.Lock()

    def send(kind, data):
        with lock:
            connection.sendall(struct.pack(">BI", kind, len(data)) + data)

    def pass_on(kind, source):
        try:
            while data := source.read1(CHUNK):
                send(kind, data)
        except OSError:
            process.kill()

    errors = threading.Thread(target=pass_on, args=(2, process.stderr))
    errors.start()
    pass_on(1, process.stdout)
    errors.join()
    try:
        send(0, bytes([process.wait() & 255]))
    except OSError:
        pass
    connection.close()


def connect(command):
    connection = socket.create_connection(ADDRESS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    source = connection.makefile("rb")
    for _ in range(ROUND_TRIPS):
        connection.sendall(json.dumps(command).encode() + b"\n")
        source.read(1)
    while header := source.read(5):
        kind, length = struct.unpack(">BI", header)
        data = source.read(length)
        if kind == 0:
            return data[0]
        (sys.stdout if kind == 1 else sys.stderr).buffer.write(data)
        (sys.stdout if kind == 1 else sys.stderr).flush()
    return 137


verb, *words = sys.argv[1:]
if verb == "serve":
    serve(*words)
elif verb == "listen":
    listen()
else:
    sys.exit(connect(words) if verb == "connect" else subprocess.call([*inside(NEAR), sys.executable, __file__, "connect", *words]))
