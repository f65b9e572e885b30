"""Request bodies as streams: pieces as they come, who waits for whom, and what is
answered when a body is refused on its way."""
import http.client
import json
import random
import socket
import ssl
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import support  # noqa: E402
from raw import Conn  # noqa: E402

SANITIZED = "san" in support.BUILD.name
RST = struct.pack("ii", 1, 0)
PEM = support.ROOT / "tests/http/tls/one.pem"
PROGRAM = r"""
type Row = { n: int, name: str(max_length: 5) = "-" }
deployment Store() {
  max_ongoing_requests: 3
  state seen: int = 0
  fn eat(body: stream bytes) -> int {
    var total = 0
    for b in body {
      total += len(b)
      seen += len(b)
    }
    return total
  }
  fn seen_so_far() -> int = seen
}
fn count(body: stream bytes) -> int = sum([len(b) for b in body])

app a {
  bind store = Store()
  route POST "/count" -> count
  route POST "/eat" (body: stream bytes) -> store.eat(body)
  route GET "/seen" -> store.seen_so_far()
  route POST "/echo" (body: stream bytes in body) -> body
  route PUT "/upper" (text: stream str) { for t in text { yield upper(t) } }
  route POST "/text" (text: stream str) -> join([t for t in text], "")
  route POST "/rows" (rows: stream Row, times: int = 1) {
    for r in rows { yield { n: r.n * times, name: r.name } }
  }
  route POST "/total" (rows: stream Row) -> sum([r.n for r in rows])
  route POST "/first" (body: stream bytes) {
    for b in body { return len(b) }
    return 0
  }
  route POST "/unread" (body: stream bytes, r: request) -> { path: r.path, here: len(r.body) }
  route POST "/slow" (body: stream bytes, wait: float) {
    sleep(wait * 1s)
    return count(body)
  }
  route POST "/guarded" (body: stream bytes, key: str in header = "") {
    if key == "" { fail(403, "no entry") }
    return count(body)
  }
  route POST "/small" (body: stream bytes) with { max_body: 1000B } -> count(body)
  route POST "/caught" (body: stream bytes) with { max_body: 1000B } {
    var n = 0
    try { for b in body { n += len(b) } } else e { return "{e.status} after {n}" }
    return "all {n}"
  }
  route POST "/answers" (body: stream bytes) {
    yield "begun "
    for b in body { yield "{len(b)} " }
    yield "ended"
  }
}
"""


def setUpModule():
    global folder, plan
    folder = tempfile.TemporaryDirectory()
    plan = support.compile_plan(PROGRAM.replace("1000B", "1KB"), folder.name)


def tearDownModule():
    folder.cleanup()


def post(path, length=None, *lines):
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return raw.head("POST", path, framing, *lines)


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


class Bodies:
    loops = 1

    @classmethod
    def setUpClass(cls):
        cls.server = support.Server(plan, "--loops", cls.loops, "--body-timeout", "1s")
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def post(self, path, body=b"", headers=None):
        return self.server.request("POST", path, body, headers)

    def test_pieces(self):
        for size in 0, 1, 100, 16384, 100000, 3000000:
            body = random.Random(size).randbytes(size)
            for path in "/count", "/eat":
                self.assertEqual(self.post(path, body)[::2], (200, b"%d" % size))
            self.assertEqual(self.post("/echo", body)[2], body)
            chunked = iter([body[i:i + 7000] for i in range(0, size, 7000)])
            self.assertEqual(self.post("/echo", chunked)[2], body)

    def test_a_piece_is_there_before_the_next_comes(self):
        for framing in 9, None:
            with Conn(self.server, post("/answers", framing)) as c:
                self.assertIn(b"200 OK", c.until(b"\r\n\r\n"))
                self.assertTrue(c.until(b"begun \r\n"))
                for part in b"abc", b"defghi":
                    c.s.sendall(chunk(part) if framing is None else part)
                    self.assertTrue(c.until(b"%d \r\n" % len(part)))
                c.s.sendall(b"0\r\n\r\n" if framing is None else b"")
                self.assertTrue(c.until(b"ended\r\n0\r\n\r\n"))
                c.s.sendall(post("/count", 2) + b"ab")  # the connection goes on
                self.assertEqual(c.answer()[::2], (200, b"2"))

    def test_texts_and_lines(self):
        text = "aé€😀" * 5000
        self.assertEqual(self.post("/text", text.encode())[2].decode(), text)
        with Conn(self.server, post("/text", len(text.encode()))) as c:
            data = text.encode()
            for i in range(0, len(data), 4999):
                c.s.sendall(data[i:i + 4999])
            self.assertEqual(c.answer()[2], data)
        for bad in b"a\xff", b"\xc3", b"ab\xed\xa0\x80":
            self.assertEqual(self.post("/text", bad)[::2], (422, b'{"detail":"the body is not UTF-8"}'))
        lines = b'{"n":1}\n\n{"n":"2","name":"x"}\r\n  \n{"n":3}'
        status, headers, body = self.post("/rows?times=2", lines)
        self.assertEqual(headers["content-type"], "application/x-ndjson")
        self.assertEqual([json.loads(x)["n"] for x in body.splitlines()], [2, 4, 6])
        many = b"".join(b'{"n":%d,"name":"%d"}\n' % (i, i % 100) for i in range(20000))
        self.assertEqual(self.post("/total", many)[2], b"%d" % sum(range(20000)))
        self.assertEqual(self.post("/total", b'{"n":1}\n{"n":"x"}\n')[0], 422)
        self.assertIn('[\\"body\\",1,\\"name\\"]', self.post("/total", b'{"n":1}\n{"n":1,"name":"abcdef"}')[2].decode())
        self.assertEqual(self.post("/total", b'{"n":1')[0], 422)

    def test_who_does_not_read_stops_the_client(self):
        size = 30 << 20
        with Conn(self.server, post("/slow?wait=0.6", 10 << 20)) as c:
            c.s.settimeout(0.2)
            sent = 0
            with self.assertRaises(TimeoutError):
                while sent < size:
                    sent += c.s.send(b"x" * 65536)
            self.assertLess(sent, 8 << 20)  # what sockets hold
            c.s.settimeout(20)
            c.s.sendall(b"x" * ((10 << 20) - sent))
            self.assertEqual(c.answer()[::2], (200, b"%d" % (10 << 20)))

    def test_expect(self):
        with Conn(self.server, post("/slow?wait=0.2", 3, "Expect: 100-continue")) as c:
            c.s.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                c.s.recv(1)  # not before it is wanted
            c.s.settimeout(20)
            self.assertEqual(c.until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
            c.s.sendall(b"abc")
            self.assertEqual(c.answer()[::2], (200, b"3"))
        with Conn(self.server, post("/guarded", 3, "Expect: 100-continue")) as c:
            status, head, body = c.answer()
            self.assertEqual((status, body), (403, b'{"detail":"no entry"}'))
            self.assertIn("connection: close", head)
            self.assertTrue(c.closed())
        with Conn(self.server, post("/count", 3, "Expect: 100-continue") + b"abc") as c:
            self.assertEqual(c.answer()[::2], (200, b"3"))

    def test_answers_before_the_end(self):
        body = b"x" * 200000
        self.assertEqual(self.post("/guarded", b"abc", {"key": "k"})[2], b"3")
        with Conn(self.server, post("/first", len(body)) + body[:10]) as c:
            status, head, answer = c.answer()
            self.assertEqual((status, answer), (200, b"10"))
            self.assertIn("connection: close", head)
            c.s.sendall(body[10:1000])
            self.assertTrue(c.closed())
        with Conn(self.server, post("/unread", 5) + b"abcde" + post("/count", 1) + b"x") as c:
            status, head, answer = c.answer()  # it is here, and thrown away
            self.assertEqual((status, json.loads(answer)), (200, {"path": "/unread", "here": 0}))
            self.assertNotIn("connection: close", head)
            self.assertEqual(c.answer()[2], b"1")
        self.assertEqual(self.post("/rows?times=x", b'{"n":1}')[0], 422)

    def test_limits(self):
        self.assertEqual(self.post("/small", b"x" * 1000)[::2], (200, b"1000"))
        self.assertEqual(self.post("/small", b"x" * 1001)[0], 413)
        for path, wanted in ("/small", (413, b'{"detail":"Content Too Large"}')), ("/caught", (200, b"413 after 900")):
            with Conn(self.server, post(path) + chunk(b"x" * 900)) as c:
                time.sleep(0.05)
                c.s.sendall(chunk(b"x" * 101))
                status, head, body = c.answer()
                self.assertEqual((status, body), wanted)
                self.assertIn("connection: close", head)
                self.assertTrue(c.closed())
        with Conn(self.server, post("/count") + b"3\r\nabcX") as c:
            self.assertEqual(c.answer()[0], 400)
            self.assertTrue(c.closed())
        with Conn(self.server, post("/answers") + b"3\r\nabc\r\n-1\r\n") as c:  # it has begun: it breaks
            c.until(b"3 \r\n")
            self.assertTrue(c.closed())

    def test_a_client_that_stalls(self):
        began = time.monotonic()
        with Conn(self.server, post("/count", 10) + b"abc") as c:
            self.assertEqual(c.answer()[0], 408)
            self.assertTrue(c.closed())
        self.assertLess(time.monotonic() - began, 8)
        with Conn(self.server, post("/slow?wait=1.5", 3)) as c:  # it is not the client's turn
            time.sleep(1.3)
            c.s.sendall(b"abc")
            self.assertEqual(c.answer()[::2], (200, b"3"))

    def seen(self):
        return int(self.server.request("GET", "/seen")[2])

    def test_a_client_that_leaves(self):
        """The call is cancelled, and its slot is free again."""
        for n in range(6):
            before = self.seen()
            with Conn(self.server, post("/eat", 100000) + b"x" * 1000) as c:
                until = time.monotonic() + 10
                while self.seen() != before + 1000:
                    self.assertLess(time.monotonic(), until)
                if n % 2:
                    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.assertEqual(self.post("/eat", b"abc")[::2], (200, b"3"))

    def test_vanishing_at_every_byte(self):
        for data in (post("/eat") + chunk(b"ab") + chunk(b"c") + b"0\r\n\r\n", post("/answers", 3) + b"abc"):
            for n in range(0, len(data), 3 if SANITIZED else 1):
                with Conn(self.server, data[:n]) as c:
                    if n % 2:
                        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.assertEqual(self.post("/eat", b"abc")[::2], (200, b"3"))


class OneLoop(Bodies, unittest.TestCase):
    def test_openapi(self):
        paths = json.loads(self.server.request("GET", "/openapi.json")[2])["paths"]
        kinds = {p: list(m[v]["requestBody"]["content"]) for p, m in paths.items()
                 for v in m if "requestBody" in m[v]}
        self.assertEqual(kinds["/count"], ["application/octet-stream"])
        self.assertEqual(kinds["/upper"], ["text/plain"])
        self.assertEqual(kinds["/rows"], ["application/x-ndjson"])

    def test_all_over_again_on_one_connection(self):
        rng = random.Random(3)
        with Conn(self.server) as c:
            for _ in range(60):
                body = b"y" * rng.choice((0, 1, 5, 1000, 20000))
                path = rng.choice(("/count", "/eat", "/unread"))
                if rng.random() < 0.5:
                    c.s.sendall(post(path, len(body)) + body)
                else:
                    c.s.sendall(post(path) + (chunk(body) if body else b"") + b"0\r\n\r\n")
                if path == "/unread" and len(body) > 5:
                    self.assertEqual(c.answer()[0], 200)
                    c.__exit__()
                    c.__init__(self.server)
                else:
                    status, _, answer = c.answer()
                    self.assertEqual(status, 200)
                    if path != "/unread":
                        self.assertEqual(answer, b"%d" % len(body))


class ThreeLoops(Bodies, unittest.TestCase):
    loops = 3


class Secure(unittest.TestCase):
    def test_over_tls(self):
        """What TLS has read of a record is not forgotten when the code reads on."""
        tls = ssl.create_default_context(cafile=PEM)
        tls.check_hostname = False  # not every system knows the name localhost
        options = "--listen", "127.0.0.1:0", "--tls-cert", PEM, "--tls-key", PEM
        with support.Listening(plan, *options) as server:
            port = int(server.first.split("https://127.0.0.1:")[1].split()[0])
            for path in "/count", "/slow?wait=0.3", "/eat":
                for size in 10, 17000, 33000, 2000000:
                    c = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=tls)
                    self.assertEqual(support.ask(c, "POST", path, b"x" * size)[::2], (200, b"%d" % size))


if __name__ == "__main__":
    unittest.main()
