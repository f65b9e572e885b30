"""What the tests of runtime/net share: the echo server, and raw clients.

A sanitized server is used beside the ordinary one when it is built."""
import os
import re
import resource
import signal
import socket
import subprocess
import time

import support

BUILDS = [str(support.BUILD)]
if (support.ROOT / "build-asan/tests/echo_server").exists():
    if BUILDS[0] != str(support.ROOT / "build-asan"):
        BUILDS.append(str(support.ROOT / "build-asan"))


def make_servers():
    """Builds what is missing, so that a test file runs by itself."""
    if not os.access(f"{BUILDS[0]}/tests/echo_server", os.X_OK):
        name = os.path.relpath(BUILDS[0], support.ROOT)
        subprocess.run(["make", "-s", f"BUILD={name}", f"{name}/tests/echo_server"],
                       cwd=support.ROOT, check=True)


class Echo(support.Measured):
    """The echo server with options (port, head_ms=…): a context."""

    def __init__(self, build, files=0, memory=0, pass_fds=(), **options):
        self.args = [f"{build}/tests/echo_server",
                     *(f"{k}={v}" for k, v in options.items())]
        self.limits = [(resource.RLIMIT_NOFILE, files), (resource.RLIMIT_AS, memory)]
        self.pass_fds = pass_fds

    def __enter__(self):
        def limit():
            for what, most in self.limits:
                if most:
                    resource.setrlimit(what, (most, most))
        self.process = subprocess.Popen(self.args, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True,
                                        preexec_fn=limit, pass_fds=self.pass_fds)
        first = self.process.stdout.readline()
        if not first.startswith("ready "):
            _, errors = self.process.communicate()
            raise AssertionError(errors)
        self.port = int(first.split()[1])
        self.files_at_rest = self.files_open()
        return self

    def __exit__(self, *_):
        errors = self.stop()
        if "Sanitizer" in errors or "runtime error" in errors:
            raise AssertionError(errors)
        if self.process.returncode:
            raise AssertionError(f"exit {self.process.returncode}: {errors}")

    def stop(self, number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _, self.errors = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise AssertionError("the server did not stop") from None
        except ValueError:
            pass  # stopped before
        return self.errors

    def connect(self, timeout=10):
        s = socket.create_connection(("127.0.0.1", self.port), timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def stats(self):
        return {k: int(v) for k, v in
                (line.split() for line in self.get("/stats")[2].decode().splitlines())}

    def get(self, path, **more):
        with self.connect() as s:
            s.sendall(request("GET", path, close=True, **more))
            return Reader(s).answer()

    def ask(self, data, method="GET"):
        """All answers to raw bytes until the server closes (at most 10 s)."""
        with self.connect() as s:
            try:
                s.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return Reader(s).rest(method)

    def files_open(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_for_files(self, count, seconds=10):
        """A connection of ours may still be on its way out."""
        end = time.monotonic() + seconds
        while self.files_open() != count:
            if time.monotonic() > end:
                raise AssertionError(f"{self.files_open()} files are open, not {count}")
            time.sleep(0.02)

    def wait_for(self, key, value, seconds=10):
        end = time.monotonic() + seconds
        while self.stats()[key] != value:
            if time.monotonic() > end:
                raise AssertionError(f"{key} is {self.stats()[key]}, not {value}")
            time.sleep(0.02)


def request(method, path, body=None, close=False, headers=(), version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: a"]
    lines += [f"{k}: {v}" for k, v in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


class Reader:
    """Reads answers from a socket, strictly: what is not HTTP is an error."""

    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def more(self):
        piece = self.sock.recv(65536)
        self.data += piece
        return bool(piece)

    def line(self):
        while b"\r\n" not in self.data:
            if not self.more():
                raise EOFError(self.data)
        line, self.data = self.data.split(b"\r\n", 1)
        return line

    def take(self, n):
        while len(self.data) < n:
            if not self.more():
                raise EOFError(self.data)
        piece, self.data = self.data[:n], self.data[n:]
        return piece

    def head(self):
        status = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [A-Za-z '-]+", self.line())
        headers = {}
        while line := self.line():
            name, value = line.decode().split(": ", 1)
            assert name == name.lower() and name not in headers, name
            headers[name] = value
        return int(status[1]), headers

    def answer(self, method="GET"):
        """(status, headers, body); interim answers come as they are."""
        status, headers = self.head()
        if status == 100:
            return status, headers, b""
        assert "date" in headers and "x-request-id" in headers, headers
        if method == "HEAD" or status in (204, 304):
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.line(), 16):
                body += self.take(size)
                assert self.take(2) == b"\r\n"
            assert self.line() == b""
            return status, headers, body
        if "content-length" not in headers:
            while self.more():
                pass
            return status, headers, self.take(len(self.data))
        return status, headers, self.take(int(headers["content-length"]))

    def rest(self, method="GET"):
        answers = []
        while self.data or self.more():
            answers.append(self.answer(method))
        return answers
