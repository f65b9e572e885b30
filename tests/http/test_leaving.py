"""Clients that send no more: who has only said that this was all gets its answer, and who
is gone cancels its calls."""
import pathlib
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import support  # noqa: E402

PROGRAM = """
deployment Slow() {
  state done: int = 0
  max_ongoing_requests: 1
  fn wait(time: duration) -> int {
    sleep(time)
    done += 1
    return done
  }
  fn pieces(n: int, gap: duration) -> stream str {
    for i in range(n) {
      yield "{i} "
      sleep(gap)
    }
  }
}
app a {
  bind slow = Slow()
  route GET "/wait" (time: float) -> slow.wait(time * 1s)
  route POST "/wait" (body: str in body, time: float) -> "{body} {slow.wait(time * 1s)}"
  route POST "/read" (body: stream bytes, time: float) {
    let n = sum([len(b) for b in body])
    return "{n} {slow.wait(time * 1s)}"
  }
  route GET "/pieces" (n: int, gap: float) -> slow.pieces(n, gap * 1s)
  route GET "/" -> "here"
}
"""


class Leaving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plan = support.compile_plan(PROGRAM, cls.folder.name)
        cls.server = support.Server(cls.plan)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def half(self, sent):
        c = raw.Conn(self.server, sent)
        c.s.shutdown(socket.SHUT_WR)
        return c

    def final(self, c):
        """Status and body, behind any number of `100 Continue`."""
        status, head, body = 100, "", b""
        while status == 100:
            head = c.head()
            status = int(head.split()[1])
        size = int(head.split("content-length: ")[1].split("\r\n")[0])
        return status, c.take(size)

    def test_who_has_said_all_gets_its_answer(self):
        get = raw.head("GET", "/wait?time=0.3")
        post = raw.head("POST", "/wait?time=0.1", "Content-Length: 3") + b"abc"
        read = raw.head("POST", "/read?time=0.1", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n"
        for sent, n in (get, 1), (post, 1), (read, 1), (get + post + raw.head("GET", "/"), 3):
            with self.subTest(sent), self.half(sent) as c:
                answers = [self.final(c) for _ in range(n)]
                self.assertEqual([status for status, _ in answers], [200] * n)
                self.assertEqual(c.rest(), b"")

    def test_asked_more_than_once(self):
        with self.half(raw.head("GET", "/wait?time=2.5")) as c:
            self.assertEqual(self.final(c)[0], 200)

    def test_streams(self):
        with self.half(raw.head("GET", "/pieces?n=10&gap=0.05")) as c:
            while "chunked" not in c.head():
                pass
            self.assertEqual(b"".join(c.chunks()), b"".join(b"%d " % i for i in range(10)))

    def is_free(self):
        """The one slot is free long before what had it would have ended."""
        began = time.monotonic()
        self.assertEqual(self.server.request("GET", "/wait?time=0")[0], 200)
        self.assertLess(time.monotonic() - began, 15)

    def test_who_is_gone_cancels(self):
        for path in "/wait?time=60", "/pieces?n=2&gap=60":
            for version in "1.1", "1.0":
                with self.subTest(path, version=version):
                    with raw.Conn(self.server, raw.head("GET", path, version=version)) as c:
                        time.sleep(0.1)
                    self.is_free()

    def test_who_says_all_and_then_goes(self):
        with self.half(raw.head("GET", "/wait?time=60")) as c:
            time.sleep(0.3)
        self.is_free()

    def test_a_body_that_ends_too_early(self):
        for path in "/wait?time=60", "/read?time=60":
            with self.half(raw.head("POST", path, "Content-Length: 10") + b"abc") as c:
                self.assertEqual(c.rest(), b"")
        self.is_free()

    def test_an_older_client(self):
        """It cannot be asked, so its end is taken for the connection's."""
        with self.half(raw.head("GET", "/wait?time=60", version="1.0")) as c:
            self.assertEqual(c.rest(), b"")
        self.is_free()

    def test_over_a_unix_socket(self):
        path = str(pathlib.Path(self.folder.name) / "socket")
        with support.Listening(self.plan, "--listen", "unix:" + path):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(20)
                s.connect(path)
                s.sendall(raw.head("GET", "/wait?time=0.2"))
                s.shutdown(socket.SHUT_WR)
                data = b""
                while more := s.recv(4096):
                    data += more
            self.assertIn(b"HTTP/1.1 200 OK", data)
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                s.sendall(raw.head("GET", "/wait?time=60"))
                time.sleep(0.1)
            began = time.monotonic()
            self.assertEqual(support.unix_request(path, "GET", "/wait?time=0")[0], 200)
            self.assertLess(time.monotonic() - began, 15)


if __name__ == "__main__":
    unittest.main()
