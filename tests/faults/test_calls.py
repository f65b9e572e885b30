"""Calls of the kernel that fail, or do less than they were asked for, while a server
accepts, reads and writes: clients get the whole right answer, or none; and descriptors
that run out where something has to be opened late."""
import errno
import os
import pathlib
import resource
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import support  # noqa: E402
from faults import FOREVER, REQUESTS, Server, ask, connect, read_all, talk  # noqa: E402

LINES = ['{"n": %d, "text": "%s"}' % (i, "w" * 300 * i) for i in range(6)]
STABLE = [name for name in REQUESTS if name not in ("metrics", "deployments", "big")]


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        plan = support.compile_plan(support.ROOT / "tests/faults/program.sg", cls.folder.name)
        cls.server = Server(plan).__enter__()
        cls.right = {name: ask(cls.server, data) for name, data in REQUESTS.items()}
        cls.talked = talk(cls.server, "/ask", LINES)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def setUp(self):
        self.faults = self.server.faults
        self.at_rest = self.server.files()

    def tearDown(self):
        for row in self.faults.accept, self.faults.receive, self.faults.send:
            row.stop()
        self.all_right(["hello", "rows"])

    def all_right(self, names=STABLE, secure=False):
        for name in names:
            got, right = ask(self.server, REQUESTS[name], secure), self.right[name]
            self.assertEqual((got.status, got.whole, got.body), (right.status, True, right.body), name)

    # ---- less than asked for ----
    def test_one_byte_at_a_time(self):
        """Of what is read, of what is written, of both."""
        for rows in ([self.faults.receive], [self.faults.send], [self.faults.receive, self.faults.send]):
            for row in rows:
                row.fail(-1, 1, FOREVER)
            self.all_right()
            self.all_right(["rows", "packed pieces", "upper"], secure=True)
            self.assertEqual(talk(self.server, "/ask", LINES), self.talked)
            for row in rows:
                row.stop()

    def test_less_now_and_then(self):
        for size, step in (3, 2), (100, 3), (5000, 2):
            for row in self.faults.receive, self.faults.send:
                row.fail(-size, 1, 1 << 40, step)
            self.all_right([*STABLE, "big"])

    # ---- again, later ----
    def test_not_now(self):
        """EAGAIN though the socket is ready, and EINTR: each of the first calls, then
        all but every third."""
        for code in errno.EAGAIN, errno.EINTR:
            for row in self.faults.receive, self.faults.send:
                for n in range(1, 5):
                    for name in "rows", "packed pieces", "upper":
                        row.fail(code, n)
                        self.all_right([name], secure=n == 2)
                        row.stop()
                for n in 1, 2:
                    row.fail(code, n, 1 << 40, 3)
                    self.all_right()
                    self.all_right(["rows", "pieces"], secure=True)
                    self.assertEqual(talk(self.server, "/ask", LINES), self.talked)
                    row.stop()

    def test_no_room_for_what_is_sent(self):
        for n in 1, 2, 3:
            self.faults.send.fail(errno.ENOBUFS, n, 2)
            self.all_right(["rows", "packed pieces", "big"])

    # ---- never ----
    def test_broken_connections(self):
        """Each call of each exchange fails for good: its client may lose the answer,
        never another's."""
        with connect(self.server) as other:
            for code in errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT, errno.ENOMEM:
                for row in self.faults.receive, self.faults.send:
                    for name in "rows", "pieces", "events", "upper", "together", "kept":
                        for n in range(1, 20 if support.LONG else 4):
                            before = row.calls
                            row.fail(code, n)
                            got = ask(self.server, REQUESTS[name], secure=n == 3)
                            row.stop()
                            if got.whole:
                                self.assertEqual((got.status, got.body), (self.right[name].status, self.right[name].body))
                            else:
                                self.assertTrue(self.right[name].body.startswith(got.body))
                            if row.calls - before < n:
                                break
                    other.sendall(b"GET /hello/other HTTP/1.1\r\nHost: a\r\n\r\n")
                    self.assertTrue(other.recv(1000).endswith(b"\r\n\r\nhello other"))
        self.rest()

    def rest(self):
        """What was open is closed."""
        for _ in range(500):
            if self.server.files() <= self.at_rest:
                break
            threading.Event().wait(0.02)
        self.assertLessEqual(self.server.files(), self.at_rest)

    # ---- accepting ----
    def test_clients_that_cannot_be_taken(self):
        """For a moment each: nobody is lost, whatever accept says."""
        for code in (errno.ECONNABORTED, errno.EINTR, errno.EPROTO, errno.EMFILE, errno.ENFILE, errno.ENOBUFS,
                     errno.ENOMEM, errno.EAGAIN, errno.EPERM, errno.ENETDOWN):
            for n in 1, 2, 5:
                self.faults.accept.fail(code, n, 2)
                held = [connect(self.server) for _ in range(4)]
                for i, s in enumerate(held):
                    s.sendall(b"GET /hello/%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % i)
                for i, s in enumerate(held):
                    self.assertTrue(read_all(s).endswith(b"\r\n\r\nhello %d" % i), (code, n, i))
                    s.close()
        self.faults.accept.fail(errno.EMFILE, 1, FOREVER)
        s = connect(self.server)
        s.sendall(REQUESTS["hello"])
        s.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            s.recv(1)
        self.faults.accept.stop()
        s.settimeout(20)
        self.assertTrue(read_all(s).endswith(b"hello you"))
        s.close()
        self.rest()


class Late(unittest.TestCase):
    """What is opened when it is first needed may find no descriptor left; the next
    time it does."""

    def test_libraries(self):
        with tempfile.TemporaryDirectory() as at:
            plan = support.compile_plan(support.ROOT / "tests/faults/program.sg", at)
            with Server(plan) as s:
                with connect(s) as c, connect(s) as d:
                    c.sendall(b"GET /hello/x HTTP/1.1\r\nHost: a\r\n\r\n")
                    c.recv(1000)
                    d.sendall(b"GET /hello/x HTTP/1.1\r\nHost: a\r\n\r\n")
                    d.recv(1000)
                    pid, most = s.process.pid, resource.prlimit(s.process.pid, resource.RLIMIT_NOFILE)
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, most[1]))
                    c.sendall(REQUESTS["packed"])  # zlib cannot be loaded
                    head = read_all(c).partition(b"\r\n\r\n")[0]
                    self.assertTrue(head.startswith(b"HTTP/1.1 200"))
                    self.assertNotIn(b"content-encoding", head)
                    d.sendall(b"GET /ask HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
                    self.assertTrue(d.recv(1000).startswith(b"HTTP/1.1 500"))  # nor nettle
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, most)
                self.assertEqual(ask(s, REQUESTS["packed"]).headers["content-encoding"], "gzip")
                self.assertEqual(talk(s, "/ask", LINES)[1], 1000)


if __name__ == "__main__":
    unittest.main()
