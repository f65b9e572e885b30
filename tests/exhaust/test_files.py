"""No more descriptors: sgc and sgrun say so at the beginning; a server at work lets
clients wait, and goes on when there is room again."""
import pathlib
import resource
import socket
import subprocess
import tempfile
import time
import unittest

import support
from support import ROOT, SGC, SGRUN

TUTORIAL = ROOT / "examples/tutorial/tutorial.sg"
BODY = b'["5", [1, 2], "sum"]'
REQUEST = (b"POST /my-dag HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n" % len(BODY)) + BODY
ANSWER = b"sum(['(1 * (5 + 1.5))', '(2 * (5 + 1.5))'])"


def limit(files):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


class Compiler(unittest.TestCase):
    """Its input is a pipe, so that the limit comes when it has begun."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def compile(self, text):
        target = self.folder / "app.plan"
        target.write_text("before")
        p = subprocess.Popen([SGC, "-", "-o", target], text=True, cwd=self.folder,
                             stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(f"/proc/{p.pid}/stat") as f:  # it waits for its input, or will
            while f.seek(0) or f.read().split()[2] != "S":
                time.sleep(0.01)
        resource.prlimit(p.pid, resource.RLIMIT_NOFILE, (3, 3))
        errors = p.communicate(text, timeout=60)[1]
        self.assertEqual(target.read_text(), "before")
        self.assertEqual(p.returncode, 1)
        return errors

    def test_nowhere_to_write(self):
        self.assertRegex(self.compile('app a {\n  route GET "/" -> "hello"\n}\n'),
                         r"^error: cannot write app\.plan: Too many open files|"
                         r"^error: cannot write .*/app\.plan: Too many open files")

    def test_nothing_to_read(self):
        (self.folder / "other.sg").write_text("fn f() -> int = 1\n")
        self.assertIn("cannot read other.sg: Too many open files",
                      self.compile('use "./other.sg"\napp a {\n  route GET "/" -> f()\n}\n'))


class Start(unittest.TestCase):
    def test_a_source(self):
        """With a compiler to run and a plan to read, too."""
        for files in range(3, 24):
            p = subprocess.Popen([SGRUN, TUTORIAL, "--listen", "127.0.0.1:0"], text=True,
                                 stderr=subprocess.PIPE, preexec_fn=limit(files))
            first = p.stderr.readline()
            if "ready on" in first:
                p.terminate()
            rest = p.stderr.read()
            p.stderr.close()
            self.assertIn(p.wait(20), (0, 1, 127), first + rest)
            self.assertRegex(first, r"(?i)^sgrun: ready on|too many open files|Error 24")
        self.assertIn("ready on", first)


class Work(unittest.TestCase):
    def connect(self, server):
        s = socket.create_connection((server.host, server.port), 20)
        self.addCleanup(s.close)
        return s

    def answer(self, s):
        data = b""
        while ANSWER not in data:
            piece = s.recv(65536)
            self.assertTrue(piece, data)
            data += piece
        self.assertTrue(data.startswith(b"HTTP/1.1 200 "), data)

    def test_clients_wait(self):
        with tempfile.TemporaryDirectory() as at:
            plan = support.compile_plan(TUTORIAL, at)
            with support.Server(plan, preexec_fn=limit(48)) as server:
                at_rest = server.files()
                for _ in range(2):  # and again: nothing was lost
                    clients = [self.connect(server) for _ in range(80)]
                    clients[0].sendall(REQUEST)
                    self.answer(clients[0])  # who is in is served
                    self.assertLessEqual(server.files(), 48)
                    clients[-1].sendall(REQUEST)
                    clients[-1].settimeout(0.7)
                    with self.assertRaises(TimeoutError):
                        clients[-1].recv(1)
                    for s in clients[:50]:
                        s.close()
                    clients[-1].settimeout(20)
                    self.answer(clients[-1])  # who waited, too
                    for s in clients:
                        s.close()
                    end = time.monotonic() + 20
                    while server.files() > at_rest and time.monotonic() < end:
                        time.sleep(0.02)
                    self.assertEqual(server.files(), at_rest)
                self.assertEqual(server.request("POST", "/my-dag", BODY)[2], ANSWER)
            lines = server.errors.splitlines()
            self.assertTrue(lines)
            for line in lines:
                self.assertRegex(line, "^sgrun: cannot accept: Too many open files; clients wait")
            self.assertLess(len(lines), 40)


if __name__ == "__main__":
    unittest.main()
