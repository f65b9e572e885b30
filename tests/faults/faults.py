"""The side of the tests of faults.c: which call of a server fails, and how."""
import ctypes
import errno
import mmap
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import zlib

import support

sys.path.insert(0, str(support.ROOT / "tests/http"))
sys.path.insert(0, str(support.ROOT / "tests/tools"))
import ws  # noqa: E402
from make_png import png  # noqa: E402

LIBRARY = support.BUILD / "tests/faults.so"
SANITIZED = "asan" in support.BUILD.name
PEM = support.ROOT / "tests/http/tls/one.pem"
FOREVER = 1 << 62


class Row(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("calls", "first", "to", "step", "code")]

    def fail(self, code, nth=1, times=1, step=1):
        """The `nth` call from now on fails with an errno, and as many more as `times`
        says; a negative code: no more bytes than that."""
        self.code, self.step = code, step
        self.to = self.first = 0
        self.to, self.first = self.calls + nth + times * step - step + 1, self.calls + nth

    def stop(self):
        self.to = 0


class Faults(ctypes.Structure):
    _fields_ = [*((name, Row) for name in ("alloc", "map", "accept", "receive", "send")),
                ("shift", ctypes.c_int64)]


class Server(support.Listening):
    """sgrun that can be made to fail, on a plain address and one of TLS."""

    def __init__(self, plan, *options, env=None, **more):
        self.file = tempfile.NamedTemporaryFile()
        self.file.truncate(ctypes.sizeof(Faults))
        self.map = mmap.mmap(self.file.fileno(), ctypes.sizeof(Faults))
        self.faults = Faults.from_buffer(self.map)
        env = {"SG_FAULTS": self.file.name, "LD_PRELOAD": str(LIBRARY), **(env or {})}
        if SANITIZED:
            env["ASAN_OPTIONS"] = "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")
        super().__init__(plan, "--tls-cert", PEM, "--tls-key", PEM, "--listen", "http://127.0.0.1:0",
                         "--listen", "https://127.0.0.1:0", *options, env=env, **more)

    def __enter__(self):
        super().__enter__()
        self.ready()
        return self

    def ready(self):
        """The ports, from what it said."""
        found = [word for word in self.first.split() if "://" in word]
        self.port, self.secure = (int(w.rsplit(":", 1)[1].strip(",)")) for w in found[:2])

    def __exit__(self, *_):
        for row in (self.faults.alloc, self.faults.accept, self.faults.receive, self.faults.send):
            row.stop()
        try:
            super().__exit__(*_)
        finally:
            self.faults = None
            self.file.close()


# ---- what is asked ----
class Answer:
    """An answer as it came: `whole` says whether its end came too."""

    def __init__(self, raw, method="GET"):
        head, _, rest = raw.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100 "):  # said while it waits
            head, _, rest = rest.partition(b"\r\n\r\n")
        self.raw, self.whole, self.body = raw, False, b""
        self.status = int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else None
        lines = head.decode("latin-1").lower().split("\r\n")[1:]
        self.headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        if "transfer-encoding" in self.headers:
            self.chunks(rest)
        else:
            size = int(self.headers.get("content-length", -1))
            self.body, self.whole = rest, len(rest) == size
        if self.headers.get("content-encoding") == "gzip":
            self.body = zlib.decompressobj(31).decompress(self.body)

    def chunks(self, rest):
        while b"\r\n" in rest:
            size, rest = rest.split(b"\r\n", 1)
            n = int(size, 16)
            self.whole = n == 0 and rest == b"\r\n"
            self.body += rest[:n]
            rest = rest[n + 2:]


def http(method, path, body=b"", *headers):
    size = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    more = "".join(h + "\r\n" for h in headers)
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{size}{more}\r\n".encode() + body


def chunked(path, *pieces):
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            .encode() + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in [*pieces, b""]))


JSON = "Content-Type: application/json"
GZIP = "Accept-Encoding: gzip"
ROW = b'{"n": 7, "text": "%s", "tags": ["a", "b"]}'
FORM = (b'--xx\r\ncontent-disposition: form-data; name="name"\r\n\r\nx\r\n--xx\r\ncontent-disposition: form-data; '
        b'name="photo"; filename="p"\r\n\r\n' + b"\xff\0" * 20000 + b"\r\n--xx--\r\n")
DEEP = (b'{"shape": {"type": "Circle", "r": 1.5}, "maybe": null, "any": [1, {"x": "y"}], "more": {"k": [1, 2], "l": []}, '
        b'"code": "abc"}')
PNG = png(40, 30)

# What is asked, by name: the bytes of a request.
REQUESTS = {
    "hello": http("GET", "/hello/you"),
    "rows": http("POST", "/rows", b"[" + b",".join([ROW % (b"x" * 3000)] * 20) + b"]", JSON),
    "chunked": chunked("/rows", *[bytes([c]) for c in b"[" + ROW % b"y" + b"]"]),
    "offences": http("POST", "/rows", b'[{"n": "x", "tags": 3}, {"text": 1}, 5]', JSON),
    "both": http("GET", "/both?x=5"),
    "many": http("GET", "/many?n=30"),
    "pieces": http("GET", "/pieces?n=300"),
    "packed pieces": http("GET", "/pieces?n=300", b"", GZIP),
    "events": http("GET", "/events?n=100"),
    "together": http("POST", "/together", ROW % b"z", JSON),
    "kept": http("GET", "/kept?x=1"),
    "scaled": http("GET", "/scaled?x=1"),
    "upper": chunked("/upper", b"abc", b"d" * 3000, "é".encode()),
    "upload": http("POST", "/upload", FORM, "Content-Type: multipart/form-data; boundary=xx"),
    "big": http("GET", "/big?n=20000"),
    "packed": http("GET", "/big?n=20000", b"", GZIP),
    "count": http("GET", "/count/a-key"),
    "spawn": http("POST", "/spawn?n=5"),
    "log": http("GET", "/log?key=k"),
    "limited": http("GET", "/limited"),
    "metrics": http("GET", "/metrics"),
    "openapi": http("GET", "/openapi.json"),
    "nowhere": http("GET", "/nowhere"),
    "deep": http("POST", "/deep", b"[" + b",".join([DEEP] * 10) + b"]", JSON),
    "deep offences": http("POST", "/deep", b"[" + DEEP.replace(b"Circle", b"Cube") + b"," +
                          DEEP.replace(b"abc", b"ABC").replace(b"1.5", b'"x"') + b"]", JSON),
    "any": http("POST", "/any", b'{"a": [1, 2.5, "\\u00e9", {"b": null}], "c": {"d": [[[]]]}}', JSON),
    "image": http("POST", "/image", PNG, "Content-Type: image/png"),
    "no image": http("POST", "/image", PNG[:60], "Content-Type: image/png"),
    "array": http("POST", "/array", b'{"array": [[1, 2], [3, 4.5]], "shape": [4, -1], "dtype": "float32"}', JSON),
    "table": http("POST", "/table?orient=records", b'[{"a": 1, "b": "x,y"}, {"a": 2.5, "b": null}]', JSON),
    "hash": http("GET", "/hash?x=abc"),
    "words": http("GET", "/words?x=b%20a%20b%20c-12%20" + "%20".join(f"w{i}" for i in range(100))),
    "tenant": http("GET", "/tenant?x=3", b"", "multiplexed_model_id: shop"),
    "retried": http("GET", "/retried?x=3"),
    "instead": http("GET", "/instead?x=3"),
    "first": http("GET", "/first?x=3"),
    "status": http("GET", "/status?x=3"),
    "fails": http("GET", "/status?x=7"),
    "lines": http("GET", "/lines?n=60"),
    "who": http("GET", "/who", b"", "User-Agent: me", "Cookie: a=1; mark=%22x%22; b"),
    "asked": http("GET", "/asked", b"", "X-One: 1", "X-Two: 2", "X-One: 3"),
    "preflight": http("OPTIONS", "/shared", b"", "Origin: https://a.example", "Access-Control-Request-Method: GET",
                      "Access-Control-Request-Headers: accept"),
    "disallowed": http("OPTIONS", "/shared", b"", "Origin: https://b.example", "Access-Control-Request-Method: PUT"),
    "deployments": http("GET", "/-/deployments"),
    "routes": http("GET", "/-/routes"),
    "long head": http("GET", "/hello/you", b"", *(f"X-{i}: {'y' * 100}" for i in range(100))),
}


def connect(server, secure=False, timeout=20):
    """A socket to it; OSError where it does not get that far."""
    s = socket.create_connection(("127.0.0.1", server.secure if secure else server.port), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not secure:
        return s
    try:
        context = ssl.create_default_context(cafile=PEM)
        return context.wrap_socket(s, server_hostname="localhost")
    except BaseException:
        s.close()
        raise


def read_all(s):
    data = b""
    try:
        while piece := s.recv(65536):
            data += piece
    except (ConnectionError, ssl.SSLError):
        pass
    return data


def ask(server, data, secure=False):
    """The answer to the bytes of a request, or what came of one."""
    try:
        with connect(server, secure) as s:
            try:
                s.sendall(data)
            except ConnectionError:
                pass  # it may have answered before
            return Answer(read_all(s))
    except (ConnectionError, ssl.SSLError):
        return Answer(b"")


def talk(server, path, lines, extensions=None, tls=None):
    """What comes back of a WebSocket, and the code of its close, or None."""
    got = []
    try:
        at = support.Listening.__new__(support.Listening)
        at.port = server.port
        with ws.Socket(at, path, extensions=extensions) as s:
            for line in lines:
                s.send(ws.TEXT, line)
            while len(got) < len(lines):
                opcode, data = s.receive()
                if opcode == ws.CLOSE:
                    return got, data[0]
                got.append(data)
            return got, s.end()[0]
    except ws.Refused as no:
        return got, no.status
    except (ConnectionError, EOFError):
        return got, None
