"""Clients that mean harm, against whole programs: who leaves by a reset at every stage of
a request, garbage behind good requests, slow ones, targets and queries of every kind."""
import json
import re
import socket
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

RST = struct.pack("ii", 1, 0)
GOOD = b"GET /item/good HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = GOOD.replace(b"a\r\n", b"a\r\nConnection: close\r\n")
PROGRAM = r"""
deployment Slow() {
  max_ongoing_requests: 2
  max_queued_requests: 2
  fn run(text: str) -> str {
    sleep(20ms)
    return text
  }
  fn pieces(n: int) -> stream str {
    for i in range(n) {
      yield "piece {i} of {n}"
      if i % 10 == 0 { sleep(1ms) }
    }
  }
}
type Thing = { name: str(max_length: 100), tags: [str] = [] }
app a {
  bind slow = Slow()
  route GET "/item/{name}" (name: str) -> name
  route GET "/file/{rest:path}" (rest: str) -> rest
  route GET "/query" (q: str = "none", n: int? = none, all: [str] in query = []) -> { q: q, n: n, all: all }
  route POST "/thing" (thing: Thing) -> thing
  route POST "/form" (thing: Thing from form) -> thing
  route POST "/slow" (text: str in body) -> slow.run(text)
  route GET "/pieces" (n: int) -> slow.pieces(n)
}
"""


class Hostile(unittest.TestCase):
    loops = 1

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        plan = support.compile_plan(PROGRAM, cls.folder.name)
        cls.server = support.Server(plan, "--loops", cls.loops)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def tearDown(self):  # whatever happened, others are served
        self.assertEqual(self.server.request("GET", "/item/x")[2], b"x")

    def open(self):
        return socket.create_connection((self.server.host, self.server.port), 30)

    def talk(self, data, half=True):
        """All that comes back until the server closes; to a client that has said all."""
        with self.open() as c:
            c.sendall(data)
            if half:
                c.shutdown(socket.SHUT_WR)
            got = b""
            try:
                while more := c.recv(65536):
                    got += more
            except ConnectionResetError:
                pass
            return got

    def statuses(self, data):
        return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.talk(data))]

    def get(self, target):
        status, _, body = self.server.request("GET", target)
        return status, body.decode()

    # ---- targets ----
    def test_paths(self):
        for target, wanted in {
                "/item/a%2Fb": (200, "a/b"), "/item/%25": (200, "%"), "/item/%2e%2e": (200, ".."),
                "/item/a+b": (200, "a+b"), "/item/%F0%9F%98%80": (200, "😀"),
                "/item/..": (200, ".."), "/item/a;b=c": (200, "a;b=c"),
                "/file/../../etc/passwd": (200, "../../etc/passwd"),
                "/file/a//b": (200, "a//b"), "/file/%2e%2e%2fx": (200, "../x")}.items():
            with self.subTest(target):
                self.assertEqual(self.get(target), wanted)
        for target in "/../item/x", "/item", "/item/a/b", "//item/x", "/./item/x", "/ITEM/x":
            with self.subTest(target):
                self.assertEqual(self.get(target)[0], 404)
        for escape in "%00", "%c0%af", "%e0%80%af", "%ed%a0%80", "%f4%90%80%80", "%ff", "%fe%fe",\
                "%c3", "%c3%28", "%f0%9f%98", "%", "%2", "%g0", "%u0041":
            for place in "/item/", "/file/a/":
                with self.subTest(place + escape):
                    head = f"GET {place}{escape} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
                    self.assertEqual(self.statuses(head + GOOD), [400])

    def test_absolute_targets(self):
        for target in "http://other.example/item/x", "HTTP://a:80/item/x", "https://[::1]/item/x":
            got = self.talk(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            self.assertTrue(got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"\r\n\r\nx"), got)

    # ---- queries ----
    def test_queries(self):
        def query(text):
            status, body = self.get("/query?" + text)
            self.assertEqual(status, 200, body)
            found = json.loads(body)
            return found["q"], found["n"], found["all"]
        self.assertEqual(query(""), ("none", None, []))
        self.assertEqual(query("q=a&q=b"), ("b", None, []))  # the last one counts
        self.assertEqual(query("all=1&x=2&all=3&all="), ("none", None, ["1", "3", ""]))
        self.assertEqual(query("&&&=&=x&q"), ("", None, []))
        self.assertEqual(query("q=a=b%26c+d"), ("a=b&c d", None, []))
        self.assertEqual(query("Q=1&%71=2"), ("2", None, []))
        self.assertEqual(query("k" * 20000 + "=1&q=2"), ("2", None, []))
        self.assertEqual(query("&".join(f"k{i}={i}" for i in range(3000)) + "&q=2"), ("2", None, []))
        self.assertEqual(len(query("&".join(["all=x"] * 4000))[2]), 4000)
        for bad in "q=%ff%c0%af", "n=1&n=x", "n=%00", "n=1e400", "n=" + "9" * 5000:
            status, body = self.get("/query?" + bad)
            self.assertEqual(status, 422)
            self.assertLess(len(body), 20000)
            json.loads(body)

    # ---- what follows a good request ----
    def test_garbage_behind_good_requests(self):
        self.assertEqual(self.statuses(GOOD * 3), [200, 200, 200])
        for bad in (b"\0\0\0\0\r\n\r\n", b"GARBAGE\r\n\r\n", b"\x16\x03\x01\0\xa5", b"GET / HTTP/9.9\r\n\r\n",
                    b"GET /item/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                    b"POST /thing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            with self.subTest(bad):
                got = self.statuses(GOOD * 2 + bad + GOOD)
                self.assertEqual(got[:2], [200, 200])
                self.assertEqual(len(got), 3)
                self.assertGreaterEqual(got[2], 400)

    def test_a_body_is_no_request(self):
        """Whatever a body says, the next request begins behind it."""
        inner = GOOD.replace(b"good", b"evil")
        for head, body in (
                (b"Content-Length: %d" % len(inner), inner),
                (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner)),
                (b"Transfer-Encoding: chunked", b"%x;a=\"b\"\r\n%s\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n"
                 % (len(inner), inner))):
            for path in b"/slow", b"/nowhere", b"/item/x":
                with self.subTest(path=path, head=head):
                    got = self.talk(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n" + head +
                                    b"\r\n\r\n" + body + LAST, half=False)
                    self.assertNotIn(b"\r\n\r\nevil", got)
                    self.assertEqual(got.count(b"HTTP/1.1 "), 2, got)
                    self.assertTrue(got.endswith(b"good"), got)

    # ---- who leaves ----
    def stages(self):
        body = b'{"name": "x", "tags": ["a", "b"]}'
        post = b"POST /thing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        chunked = (b"POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        return post + GOOD, chunked + chunked, b"GET /pieces?n=100000 HTTP/1.1\r\nHost: a\r\n\r\n"

    def test_a_reset_at_every_stage(self):
        for data in self.stages():
            for cut in [*range(0, len(data), 1 if support.LONG else 7), len(data)]:
                for wait in (0, 0.001) if cut % 5 == 0 else (0,):
                    c = self.open()
                    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                    c.sendall(data[:cut])
                    time.sleep(wait)
                    if cut == len(data):
                        c.recv(100)
                    c.close()
        end = time.monotonic() + 5  # what they held is free again
        while self.server.request("POST", "/slow", b"x")[0] != 200:
            self.assertLess(time.monotonic(), end)

    def test_half_closed_at_every_stage(self):
        for data in self.stages()[:2]:
            for cut in range(0, len(data), 1 if support.LONG else 7):
                for status in self.statuses(data[:cut]):
                    self.assertIn(status, (100, 200, 400, 503))  # 100: whether it is still there

    def test_many_headers(self):
        head = b"GET /item/x HTTP/1.1\r\nHost: a\r\n"
        for n, wanted in (50, 200), (5000, 431), (100000, 431):
            got = self.statuses(head + b"".join(b"x-%d: y\r\n" % i for i in range(n)) + b"\r\n")
            self.assertEqual(got[:1], [wanted] if got or n < 5000 else [])


class SeveralLoops(Hostile):
    loops = 2


if __name__ == "__main__":
    unittest.main()
