"""Passes on the answers of a real Prometheus, and changes one of them.

proxy.py PORT SERVER-PORT snapshot NAME   answers NAME to each snapshot request, and has no snapshot made
proxy.py PORT SERVER-PORT flags PATH      answers that the data is in PATH
"""
import http.server
import json
import sys
import urllib.request

port, server, what, value = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        if what == "snapshot":
            self.reply("application/json", json.dumps({"status": "success", "data": {"name": value}}).encode())
        else:
            self.forward()

    def do_GET(self):
        self.forward()

    def forward(self):
        request = urllib.request.Request(f"http://127.0.0.1:{server}{self.path}", method=self.command)
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
            if what == "flags" and self.path.endswith("/status/flags"):
                flags = json.loads(body)
                flags["data"]["storage.tsdb.path"] = value
                body = json.dumps(flags).encode()
            self.reply(answer.headers["Content-Type"], body)

    def reply(self, content_type, body):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


listener = http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy)
print("listening", flush=True)
listener.serve_forever()
