"""What the Python tests share: where things are, and a server to talk to.

Environment, set by tests/run.py:
  SG_BUILD   folder of the binaries under test (default: build)
  SG_LONG    1: run the long form of tests that have one
"""
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("SG_BUILD", "build")
LONG = os.environ.get("SG_LONG") == "1"
SGC = str(BUILD / "sgc")
SGRUN = str(BUILD / "sgrun")


def run(*args, input=None, timeout=60, **more):
    """Runs a program; the result has returncode, stdout and stderr as text."""
    return subprocess.run([str(a) for a in args], input=input, text=True,
                          capture_output=True, timeout=timeout, **more)


def compile_plan(source, folder, *options):
    """Compiles a file (a path) or a program (a text with a newline) to a plan."""
    folder = pathlib.Path(folder)
    if "\n" in str(source):
        path = folder / "program.sg"
        path.write_text(source)
        source = path
    plan = folder / (pathlib.Path(source).stem + ".plan")
    done = run(SGC, source, "-o", plan, *options)
    if done.returncode:
        raise AssertionError(f"sgc failed:\n{done.stderr}")
    return plan


class Measured:
    """What a running process has, by its `process`."""

    def rss(self):
        """Bytes of memory that the process has."""
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def grown(self, before, limit):
        """By how much rss grew, once that is below `limit`, or after ten seconds: a
        request's memory goes back after its client has read the answer."""
        for _ in range(200):
            if self.rss() - before < limit:
                break
            time.sleep(0.05)
        return self.rss() - before


class Listening(Measured):
    """sgrun, where its options say; `first` is what it said when it was ready."""

    host = "127.0.0.1"

    def __init__(self, plan, *options, env=None, **more):
        self.args = [SGRUN, str(plan), *map(str, options)]
        self.env = {**os.environ, **(env or {})}
        self.more = more  # for Popen

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(self.args, stderr=subprocess.PIPE,
                                        stdout=self.log, text=True, env=self.env,
                                        **self.more)
        said = ""
        for self.first in iter(self.process.stderr.readline, ""):
            if self.first.startswith("sgrun: ready on "):
                break
            said += self.first  # the program may log before
        else:
            self.process.kill()
            raise AssertionError("not ready: " + said)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("sgrun did not stop")
        finally:
            self.errors = self.process.stderr.read()
            self.process.stderr.close()
            self.log.close()
        if "Sanitizer" in self.errors or "runtime error" in self.errors:
            raise AssertionError(self.errors)

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def request(self, method, path, body=None, headers=None, host=None, port=None):
        """One request on its own connection: (status, headers, body bytes)."""
        c = http.client.HTTPConnection(host or self.host, port or self.port, timeout=30)
        return ask(c, method, path, body, headers)


class Server(Listening):
    """sgrun on a free port: `with Server(plan) as s: s.request("GET", "/")`."""

    def __init__(self, plan, *options, **more):
        super().__init__(plan, "--listen", "127.0.0.1:0", *options, **more)

    def __enter__(self):
        super().__enter__()
        found = re.match(r"sgrun: ready on http://(.+):(\d+) \(", self.first)
        self.host, self.port = found[1], int(found[2])
        return self


def ask(connection, method, path, body=None, headers=None):
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def unix_request(path, method, target, body=None, headers=None):
    """The same over a Unix socket."""
    c = http.client.HTTPConnection("localhost", timeout=30)
    c.sock = socket.socket(socket.AF_UNIX)
    c.sock.settimeout(30)
    c.sock.connect(path)
    return ask(c, method, target, body, headers)
