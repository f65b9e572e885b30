"""What a program's `server` block says, and that the command line comes first."""
import pathlib
import re
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGRUN, Server, compile_plan, run

PROGRAM = """
server {
  listen: "127.0.0.1:1"
  loops: 2
  log: "text"
  max_body: 1KB
  max_head: 1KiB
  max_memory: 1MiB
  max_connections: 50
  request_timeout: 50ms
  head_timeout: 200ms
  body_timeout: 200ms
  idle_timeout: 200ms
  write_timeout: 5s
  drain: 100ms
}
app a {
  route POST "/echo" (x: str in body) -> x
  route GET "/slow" {
    sleep(5s)
    return "slow"
  }
  route GET "/large" (n: int) -> len(repeat("x", n))
}
"""
TIMES = "head_timeout", "body_timeout", "idle_timeout", "write_timeout", "request_timeout", "drain"


class Settings(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = compile_plan(PROGRAM, folder)

    def silent(self, server, sent):
        """How long a connection lives on which this was sent, and what came back."""
        began = time.monotonic()
        with socket.create_connection((server.host, server.port), timeout=5) as c:
            c.sendall(sent)
            came = b""
            while piece := c.recv(65536):
                came += piece
        return time.monotonic() - began, came

    def test_the_block_holds(self):
        with Server(self.plan) as s:
            self.assertEqual(s.request("POST", "/echo", "x" * 999)[0], 200)
            self.assertEqual(s.request("POST", "/echo", "x" * 1001)[0], 413)
            self.assertEqual(s.request("GET", "/echo", headers={"x": "y" * 1100})[0], 431)
            self.assertEqual(s.request("GET", "/slow")[0], 408)
            self.assertEqual(s.request("GET", "/large?n=9000000")[0], 500)
            self.assertEqual(s.request("GET", "/large?n=100")[0], 200)
            for sent in (b"", b"GET / HT", b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"):
                with self.subTest(sent):
                    took, _ = self.silent(s, sent)
                    self.assertLess(took, 3)
            s.log.seek(0)
            self.assertIn("/echo", s.log.read())

    def test_options_come_first(self):
        options = ["--loops", "1", "--log", "none", "--max-body", "2KB", "--max-head", "4KiB",
                   "--request-timeout", "30s", "--max-memory", "64MiB", "--max-connections", "1000",
                   "--head-timeout", "20s", "--body-timeout", "20s", "--idle-timeout", "20s",
                   "--write-timeout", "20s", "--drain", "50ms"]
        with Server(self.plan, *options) as s:
            self.assertEqual(s.request("POST", "/echo", "x" * 1001)[0], 200)
            self.assertEqual(s.request("POST", "/echo", "x" * 2001)[0], 413)
            self.assertEqual(s.request("POST", "/echo", headers={"x": "y" * 1100})[0], 200)
            self.assertEqual(s.request("GET", "/large?n=9000000")[0], 200)
            with socket.create_connection((s.host, s.port), timeout=0.5) as c:
                c.sendall(b"GET / HT")
                with self.assertRaises(TimeoutError):
                    c.recv(1)
            s.log.seek(0)
            self.assertEqual(s.log.read(), "")

    def test_listen(self):
        """The block's own address: port 1 cannot be had without rights, or is taken."""
        done = run(SGRUN, self.plan, "--check")
        self.assertEqual(done.returncode, 0)
        with tempfile.TemporaryDirectory() as folder:
            plan = compile_plan(PROGRAM.replace("127.0.0.1:1", "no port"), folder)
            done = run(SGRUN, plan)
            self.assertEqual(done.returncode, 1)
            self.assertIn("the server's listen is 'no port'", done.stderr)

    def test_every_setting_is_an_option(self):
        """One list of names: kinds.def and options.def."""
        kinds = (ROOT / "grammar/defs/kinds.def").read_text()
        options = (ROOT / "runtime/options.def").read_text()
        named = {m[1] for m in re.finditer(r'^SETTING\(\w+, ([^"]*), "(\w+)"', kinds, re.M) if "SERVER" in m[1]}
        names = {m[2] for m in re.finditer(r'^SETTING\(\w+, ([^"]*), "(\w+)"', kinds, re.M) if "SERVER" in m[1]}
        self.assertTrue(named and names)
        known = set(re.findall(r'^OPTION\((\w+)', options, re.M))
        self.assertGreater(len(names), 10)
        self.assertEqual(names - known, set())
        for name in TIMES:
            self.assertIn(name, names)


class Resources(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = compile_plan("""
            resource node { cpus: 64, tpus: 4 }
            deployment f(x: int) -> int {
              num_replicas: 3
              resources: { cpus: 1.5, memory: 1GiB, tpus: 1 }
              return x
            }
            deployment g(x: int) -> int {
              autoscaling: { min_replicas: 1, max_replicas: 9 }
              resources: { cpus: 1 }
              return x
            }
            app a { route GET "/" (x: int) -> f(x) + g(x) }
        """, folder)

    def test_enough(self):
        with Server(self.plan, "--resources", "cpus=5.5,memory=3GiB,tpus=3,gpus=0") as s:
            self.assertEqual(s.request("GET", "/?x=1")[2], b"2")

    def test_too_little(self):
        for given, said in [("cpus=5", "there is 5 of cpus, and the deployments ask for 5.5 (f alone for 4.5)"),
                            ("memory=3GB", "memory"), ("cpus=6,tpus=2", "there is 2 of tpus")]:
            with self.subTest(given):
                done = run(SGRUN, self.plan, "--listen", "127.0.0.1:0", "--resources", given)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)

    def test_nonsense(self):
        for given in "cpus", "cpus=", "=3", "cpus=x", "memory=3", "cpus=-1", "gpus=0,,":
            with self.subTest(given):
                done = run(SGRUN, self.plan, "--listen", "127.0.0.1:0", "--resources", given)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("is not like", done.stderr)


if __name__ == "__main__":
    unittest.main()
