"""Servers on loopback, with byte ranges and without, that count what they give and can fail.

A server is a process of its own: GDAL holds Python's lock while it opens a raster.
"""

import http.server
import json
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.request import urlopen


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.server.count(self.path)
        super().do_HEAD()

    def do_GET(self):
        if self.path.startswith("/control/"):
            self.answer(json.dumps(self.server.control(json.loads(self.path[9:]))).encode(), 200)
            return
        self.server.count(self.path)
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        match = re.match(
            r"bytes=(\d+)-(\d*)", self.headers.get("Range", "") if self.server.ranges else ""
        )
        if not match:
            self.server.given += len(data)
            self.answer(data, 200)
            return
        first, last = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
        self.server.given += last - first + 1
        self.answer(data[first : last + 1], 206, f"bytes {first}-{last}/{len(data)}")

    def answer(self, data, status, part=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    """A server that counts bytes (`given`), notes the paths of requests (`asked`) and fails.

    Requests are answered until `left` is 0 (None: for ever), and then `outage` requests fail in a
    row (None: all).
    """

    daemon_threads = True

    def __init__(self, folder, ranges):
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=folder))
        self.ranges, self.given, self.left, self.outage = ranges, 0, None, None
        self.asked = []
        self.lock = threading.Lock()

    def control(self, values):
        self.__dict__.update(values)
        return {name: self.__dict__[name] for name in ("given", "left", "outage", "asked")}

    def count(self, path):
        with self.lock:
            self.asked.append(path)
            if self.left is None:
                return
            if self.left > 0:
                self.left -= 1
                return
            if self.outage is not None:
                self.outage -= 1
                if self.outage <= 0:
                    self.left = self.outage = None
        raise ConnectionAbortedError

    def handle_error(self, request, client_address):
        pass


class Control:
    """A server that runs: its URL, and how it is told to fail."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def set(self, **values):
        with urlopen(f"{self.url}/control/{json.dumps(values).replace(' ', '')}") as answer:
            return json.load(answer)

    @property
    def given(self):
        """Number of bytes that were given."""
        return self.set()["given"]

    @property
    def asked(self):
        """Paths of all requests."""
        return self.set()["asked"]


@contextmanager
def serve(folder, *, ranges=True):
    command = [sys.executable, __file__, str(folder), str(int(ranges))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Control(int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    server = Server(sys.argv[1], sys.argv[2] == "1")
    print(server.server_port, flush=True)
    server.serve_forever()
