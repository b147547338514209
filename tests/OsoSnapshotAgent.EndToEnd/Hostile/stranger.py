"""Acts as another process of the pod, which uses the abstract socket on which an agent answers its verbs.

stranger.py listen NAME ANSWER    takes the name, and answers each client
stranger.py ask NAME REQUEST      asks the process that has the name, and prints its answer
"""
import socket
import sys

what, name, text = sys.argv[1], "\0" + sys.argv[2], sys.argv[3].encode()
stranger = socket.socket(socket.AF_UNIX)
if what == "ask":
    stranger.connect(name)
    stranger.sendall(text + b"\n")
    print(stranger.recv(65536).decode(errors="replace"))
else:
    stranger.bind(name)
    stranger.listen()
    print("listening", flush=True)
    while True:
        client, _ = stranger.accept()
        client.recv(64)
        client.sendall(text)
        client.close()
