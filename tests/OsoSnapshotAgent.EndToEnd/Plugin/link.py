#!/usr/bin/env python3
"""Simulates kubectl's connection to a cluster over a link with delay, with real TCP between two network namespaces.

link.py PROGRAM MS PORT   makes the namespaces, joined by delay.c's PROGRAM with MS milliseconds of round trip. It prints
                          a port of this machine, from which connections go over the link to the API server at PORT,
                          until standard input ends
"""
import ctypes, socket, subprocess, sys, threading

NEAR, FAR = "oso-near", "oso-far"
ADDRESS = ("10.213.0.2", 7000)
CHUNK = 256 * 1024

# These are Linux' defaults. This machine's settings may differ.
CONGESTION_CONTROL = b"cubic"
SETTINGS = ["net.ipv4.tcp_rmem=4096 131072 6291456", "net.ipv4.tcp_wmem=4096 16384 4194304"]

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
OWN = open("/proc/self/ns/net")


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


def enter(namespace):
    """Takes this thread into a network namespace. A socket stays in the one where it was made."""
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def made_in(name, make):
    with open(f"/run/netns/{name}") as namespace:
        enter(namespace)
    try:
        made = make()
    finally:
        enter(OWN)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def copy(source, destination):
    try:
        while data := source.recv(CHUNK):
            destination.sendall(data)
        destination.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, destination):
            one.close()


def relay(server, connect):
    """Joins each connection to the server with another one."""
    while True:
        one = server.accept()[0]
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=lambda one=one: pair(one, connect), daemon=True).start()


def pair(one, connect):
    other = connect()
    threading.Thread(target=copy, args=(other, one), daemon=True).start()
    copy(one, other)


def cubic():
    one = socket.socket()
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION_CONTROL)
    return one


def over_the_link():
    one = made_in(NEAR, cubic)
    one.connect(ADDRESS)
    return one


def serve(program, milliseconds, port):
    # A run that was killed leaves its namespaces.
    leave()
    link = subprocess.Popen([program, NEAR, FAR, str(int(float(milliseconds) * 500))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    link.stdout.readline()
    try:
        join(NEAR, NEAR, "10.213.0.1")
        join(FAR, FAR, ADDRESS[0])
        far = made_in(FAR, lambda: socket.create_server(ADDRESS))
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION_CONTROL)
        near = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=relay, args=(far, lambda: socket.create_connection(("127.0.0.1", int(port)))), daemon=True).start()
        threading.Thread(target=relay, args=(near, over_the_link), daemon=True).start()
        print(near.getsockname()[1], flush=True)
        sys.stdin.read()
    finally:
        link.stdin.close()
        leave()


serve(*sys.argv[1:])
