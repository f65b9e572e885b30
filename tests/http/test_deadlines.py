"""Deadlines that pass while streams are under way: each request ends once, and a server
that has nothing left to do does nothing."""
import os
import selectors
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

MANY = 2000 if support.LONG else 150
PROGRAM = r"""
deployment Source() {
  state made: int = 0
  max_ongoing_requests: 1000000
  fn slow(gap: duration) -> stream str {
    while true {
      yield "piece {made}"
      made += 1
      sleep(gap)
    }
  }
  fn waits() -> stream str {
    sleep(1h)
    yield "never"
  }
}
fn twice(s: stream str) -> stream str {
  for x in s { yield x + x }
}
app a {
  bind source = Source()
  route GET "/slow" with { request_timeout: 200ms } -> source.slow(5ms)
  route GET "/busy" with { request_timeout: 200ms } -> source.slow(0ms)
  route GET "/twice" with { request_timeout: 200ms } -> twice(source.slow(5ms))
  route GET "/waits" with { request_timeout: 200ms } -> twice(source.waits())
  route GET "/" -> "there"
}
"""


def cpu(server):
    """Seconds of CPU that the process has had."""
    with open(f"/proc/{server.process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Deadlines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plan = support.compile_plan(PROGRAM, cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def ends(self, server, path, reads):
        """What many requests at a time are answered with, until the connection's end."""
        poll, got = selectors.DefaultSelector(), {}
        for _ in range(MANY):
            c = socket.create_connection((server.host, server.port), 30)
            c.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            got[c] = b""
            poll.register(c, selectors.EVENT_READ)
        time.sleep(0 if reads else 0.5)
        until = time.monotonic() + 30
        while poll.get_map() and time.monotonic() < until:
            for key, _ in poll.select(1):
                c = key.fileobj
                try:
                    data = c.recv(65536)
                except ConnectionResetError:
                    data = b""
                got[c] += data[:200]
                if not data:
                    poll.unregister(c)
                    c.close()
        self.assertFalse(poll.get_map())
        return list(got.values())

    def is_idle(self, server):
        began = cpu(server)
        time.sleep(0.5)
        self.assertLess(cpu(server) - began, 0.1)

    def test_many_at_a_time(self):
        for loops in 1, 2:
            with support.Server(self.plan, "--loops", loops) as s:
                for path, reads in ("/slow", True), ("/busy", True), ("/twice", True), \
                        ("/busy", False), ("/waits", True):
                    with self.subTest(loops=loops, path=path, reads=reads):
                        for answer in self.ends(s, path, reads):
                            status = int(answer[9:12])  # before the first piece it is 408
                            self.assertIn(status, (408,) if path == "/waits" else (200, 408))
                        self.is_idle(s)
                self.assertEqual(s.request("GET", "/")[2], b"there")
            self.assertEqual(s.errors, "")


if __name__ == "__main__":
    unittest.main()
