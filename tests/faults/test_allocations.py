"""Memory that is refused: each allocation that a server at work asks for fails once,
and then all of them for a while. Who asks is told so (500 or 503), or loses the
connection; others are served, and afterwards everything works as before. The plain build
also forgets nothing (its memory and files stay flat); a sanitized one looks for leaks."""
import errno
import json
import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import faults  # noqa: E402
import support  # noqa: E402
from faults import FOREVER, REQUESTS, Answer, Server, ask, connect, read_all, talk  # noqa: E402

LINES = ['{"n": %d, "text": "%s"}' % (i, "w" * 300 * i) for i in range(6)]
CHANGING = {"metrics", "deployments"}  # it says something else each time


class Allocations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plan = support.compile_plan(support.ROOT / "tests/faults/program.sg", cls.folder.name)
        with Server(cls.plan) as s:
            cls.right = {name: ask(s, data) for name, data in REQUESTS.items()}
            cls.talked = {path: talk(s, path, LINES) for path in ("/echo", "/ask")}
        for name, answer in cls.right.items():
            assert answer.whole, (name, answer.raw)
        assert all(code == 1000 and len(got) == 6 for got, code in cls.talked.values()), cls.talked

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def serve(self, *options):
        return self.enterContext(Server(self.plan, *options))

    def is_right(self, server, name, secure=False):
        got, right = ask(server, REQUESTS[name], secure), self.right[name]
        self.assertEqual((got.status, got.whole), (right.status, True), (name, got.raw[:300]))
        if name not in CHANGING:
            self.assertEqual(got.body, right.body, name)

    def is_sound(self, name, got):
        """The answer, the beginning of it, or that there was no memory."""
        right = self.right[name]
        if got.status == right.status == 422 and got.whole:
            said, every = (json.loads(a.body)["detail"] for a in (got, right))
            self.assertTrue(said and all(o in every for o in said), got.body)
        elif got.status == right.status:
            if got.whole and name not in CHANGING:
                self.assertEqual(got.body, right.body, name)
            elif name not in CHANGING:
                self.assertTrue(right.body.startswith(got.body), (name, got.body[:300]))
        elif got.status:
            self.assertIn(got.status, (500, 503), (name, got.raw[:300]))
            self.assertRegex(got.body, b"memory|is too large|are too large|cannot be loaded", (name, got.raw[:300]))

    def each(self, once, first=1, step=1, **how):
        """Lets the n-th allocation of `once(server, ask)` fail, on a server that has
        answered nothing yet, for each n until there are no more of them."""
        for n in range(first, 1000, step):
            with Server(self.plan, *how.get("options", ())) as s:
                before = s.faults.alloc.calls
                s.faults.alloc.fail(errno.ENOMEM, n)
                once(s)
                s.faults.alloc.stop()
                self.is_right(s, "hello")
                if s.faults.alloc.calls - before < n:
                    return
        self.fail("it needs too many")


# What every first request asks for: a connection, its exchange, an arena …
COMMON = 12


class Once(Allocations):
    def test_each_request(self):
        for name in REQUESTS:
            def once(s):
                self.is_sound(name, ask(s, REQUESTS[name]))
                s.faults.alloc.stop()
                self.is_right(s, name)
            with self.subTest(name):
                self.each(once, 1 if name == "hello" or support.LONG else COMMON)

    def test_from_loop_to_loop(self):
        for name in "pieces", "together", "kept", "spawn", "many":
            def once(s):
                self.is_sound(name, ask(s, REQUESTS[name]))
                s.faults.alloc.stop()
                for _ in range(3):
                    self.is_right(s, name)
            with self.subTest(name):
                self.each(once, COMMON, options=("--loops", 3))

    def test_sockets(self):
        for path, extensions in ("/ask", None), ("/echo", "permessage-deflate"):
            def once(s):
                lines, code = talk(s, path, LINES, extensions)
                self.assertEqual(lines, self.talked[path][0][:len(lines)])
                self.assertIn(code, (None, 500, 503, 1000, 1011))
                s.faults.alloc.stop()
                self.assertEqual(talk(s, path, LINES, extensions), self.talked[path])
            with self.subTest(path):
                self.each(once, COMMON)

    def test_handshakes(self):
        """Of TLS: hundreds, of which each is OpenSSL's own."""
        s = self.serve()
        self.is_right(s, "hello", secure=True)
        for n in range(1, 720, 1 if support.LONG else 11):
            s.faults.alloc.fail(errno.ENOMEM, n)
            got = ask(s, REQUESTS["packed"], secure=True)
            s.faults.alloc.stop()
            self.is_sound("packed", got)
            self.is_right(s, "hello", secure=n % 5 == 0)


class ForAWhile(Allocations):
    def test_all_of_them(self):
        """Nothing more is given; and then it is as if nothing had been."""
        s = self.serve()
        for name in REQUESTS:
            self.is_right(s, name)
        at_rest = s.files()
        for _ in range(3):
            before = s.rss()
            s.faults.alloc.fail(errno.ENOMEM, 1, FOREVER)
            for name in REQUESTS:
                if name != "scaled":  # it waits until its replica can start
                    self.is_sound(name, ask(s, REQUESTS[name]))
            talk(s, "/ask", LINES)
            s.faults.alloc.stop()
            for name in REQUESTS:
                self.is_right(s, name)
        if not faults.SANITIZED:
            self.assertLess(s.grown(before, 1 << 20), 1 << 20)
        end = time.monotonic() + 20
        while s.files() > at_rest and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(s.files(), at_rest)

    def test_a_replica_that_cannot_start(self):
        """Its call waits, and is answered once it can."""
        s = self.serve()
        with connect(s) as c:
            c.sendall(b"GET /hello/x HTTP/1.1\r\nHost: a\r\n\r\n")
            c.recv(1000)
            s.faults.alloc.fail(errno.ENOMEM, 1, FOREVER)
            c.sendall(REQUESTS["scaled"])
            c.settimeout(0.3)
            with self.assertRaises(TimeoutError):
                c.recv(1)
            s.faults.alloc.stop()
            c.settimeout(20)
            self.assertEqual(Answer(read_all(c)).body, self.right["scaled"].body)

    def test_now_and_then(self):
        """While many ask for many things: nobody gets what is another's."""
        s = self.serve("--loops", 2, "--log", "json")
        for name in REQUESTS:  # all threads have begun
            self.is_right(s, name)
        wrong = []

        def work(k):
            for i in range(80 if support.LONG else 8):
                for name in list(REQUESTS)[k % 3::3]:
                    try:
                        self.is_sound(name, ask(s, REQUESTS[name], secure=i % 8 == 7))
                    except AssertionError as e:
                        wrong.append(e)
        s.faults.alloc.fail(errno.ENOMEM, 1, 1 << 40, step=7)
        threads = [threading.Thread(target=work, args=(k,)) for k in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        s.faults.alloc.stop()
        self.assertFalse(wrong[:3])
        for name in REQUESTS:
            self.is_right(s, name)
        self.assertLessEqual(self.said_of(s, "openapi.json"), {200, 503})

    def said_of(self, server, path):
        """The statuses of one path in the access log, which is of whole lines and goes
        on: of each loop comes another line."""
        def lines():
            server.log.seek(0)
            return server.log.read().splitlines()
        before = sum('"/nowhere"' in line for line in lines())
        self.is_right(server, "nowhere")
        for _ in range(500):
            if sum('"/nowhere"' in line for line in lines()) > before:
                break
            time.sleep(0.02)
        entries = [json.loads(line) for line in lines()]
        self.assertGreater(sum(e.get("path") == "/nowhere" for e in entries), before)
        return {e["status"] for e in entries if path in e.get("path", "")}


if __name__ == "__main__":
    unittest.main()
