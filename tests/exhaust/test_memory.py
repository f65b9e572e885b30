"""No more memory (RLIMIT_AS, as `ulimit -v` sets it): sgc and sgrun say so, and a
server that has begun goes on with what needs less. The plain build alone is asked: a
sanitizer needs all the address space."""
import concurrent.futures
import http.client
import json
import pathlib
import re
import resource
import subprocess
import tempfile
import unittest

import support
from support import ROOT, SGC, SGRUN

JSON = {"content-type": "application/json"}
NO_MEMORY = "the request needs more memory than it may have"
# Where not even the loader comes to its end.
LOADER = re.compile(r"error while loading shared libraries|Fatal glibc error: cannot allocate"
                    r"|cannot allocate TLS data structures")


def setUpModule():
    if "asan" in str(support.BUILD):
        raise unittest.SkipTest("a sanitizer needs all the address space")


def limited(size):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


class Compiler(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.source, self.target = self.folder / "app.sg", self.folder / "app.plan"

    def compile(self, size):
        return support.run(SGC, self.source, "-o", self.target, preexec_fn=limited(size))

    def each_size(self, sizes):
        """At every size it compiles or says why not; how often it did so."""
        said = 0
        for size in sizes:
            self.target.write_text("before")
            done = self.compile(size)
            if done.returncode == 127 and LOADER.search(done.stderr):
                continue
            if done.returncode:
                self.assertEqual((done.returncode, done.stderr[-19:]),
                                 (1, "sgc: out of memory\n"), size)
                self.assertEqual(self.target.read_text(), "before")
                said += 1
            self.assertEqual(sorted(p.name for p in self.folder.iterdir()),
                             ["app.plan", "app.sg"])
        return said

    def test_a_large_program(self):
        self.source.write_text("".join(
            f"deployment d{i}(x: int) -> int {{\n  return x + {i}\n}}\n" for i in range(20000)) +
            'app a {\n  route GET "/" (x: int) -> d0(x)\n}\n')
        self.assertGreater(self.each_size(range(6 << 20, 160 << 20, 7 << 20)), 10)

    def test_a_small_program(self):
        self.source.write_text((ROOT / "examples/tutorial/tutorial.sg").read_text())
        self.each_size(range(3 << 20, 7 << 20, 64 << 10))
        self.assertEqual(self.compile(1 << 30).returncode, 0)


class Start(unittest.TestCase):
    def test_every_size(self):
        """It serves, or says that it cannot."""
        with tempfile.TemporaryDirectory() as at:
            plan = support.compile_plan(ROOT / "examples/tutorial/tutorial.sg", at)
            said = served = 0
            for size in range(6 << 20, 8 << 20, 20 << 10):
                p = subprocess.Popen([SGRUN, plan, "--listen", "127.0.0.1:0"], text=True,
                                     stderr=subprocess.PIPE, preexec_fn=limited(size))
                first = p.stderr.readline()
                if "ready on" in first:
                    p.terminate()
                    served += 1
                rest = p.stderr.read()
                p.stderr.close()
                status = p.wait(20)
                if status == 127 and LOADER.search(first):
                    continue
                if "ready on" not in first:
                    self.assertRegex(first, r"^sgrun: (.*\.plan: )?out of memory\n$", size)
                    self.assertEqual((status, rest), (1, ""))
                    said += 1
            self.assertGreater(said, 0)
            self.assertGreater(served, 10)


class Requests(unittest.TestCase):
    LARGE = [("GET", "/api/big?n=%d" % n, None) for n in (10**6, 10**8, 10**10, 2**62)]

    @staticmethod
    def bodies():
        for size in (10**5, 10**6, 4 * 10**6, 15 * 10**6, 20 * 10**6):
            yield json.dumps("x" * size)
            yield "[" + "1," * (size // 2) + "1]"
            yield "[" + '{"a":[1.5,"b",null]},' * (size // 22) + "1]"

    def ask_all(self, server):
        """The status of each large request."""
        got = []
        for method, path, body in [*self.LARGE, *(("POST", "/api/json", b) for b in self.bodies())]:
            try:
                status, _, data = server.request(method, path, body, JSON)
            except (ConnectionError, http.client.HTTPException):
                got.append("broken")  # an answer that no memory was left to keep
                continue
            self.assertIn(status, (200, 413, 500, 503))
            if status in (500, 503):
                self.assertIn(json.loads(data)["detail"], (NO_MEMORY, "out of memory"))
            got.append(status)
            self.assertEqual(server.request("POST", "/api/json", b"[1]", JSON)[2], b"[1]")
        return got

    def test_large_requests(self):
        with tempfile.TemporaryDirectory() as at:
            plan = support.compile_plan(ROOT / "tests/http/routes.sg", at)
            for megabytes in (12, 40):
                with support.Server(plan, preexec_fn=limited(megabytes << 20)) as s:
                    first = self.ask_all(s)
                    self.assertIn(500, first)
                    self.assertIn(200, first)
                    # Nothing of it is left: the same may be done again.
                    for then, now in zip(first, self.ask_all(s)):
                        if "broken" not in (then, now):
                            self.assertEqual(now, then)

    def test_many_at_once(self):
        with tempfile.TemporaryDirectory() as at:
            plan = support.compile_plan(ROOT / "tests/http/routes.sg", at)
            body = "[" + "1," * 200_000 + "1]"
            with support.Server(plan, preexec_fn=limited(24 << 20)) as s:
                def one(_):
                    try:
                        return s.request("POST", "/api/json", body, JSON)[0]
                    except (ConnectionError, http.client.HTTPException):
                        return "broken"
                with concurrent.futures.ThreadPoolExecutor(16) as pool:
                    got = set(pool.map(one, range(64)))
                self.assertLessEqual(got, {200, 500, 503, "broken"})
                self.assertEqual(s.request("POST", "/api/json", b"[1]", JSON)[2], b"[1]")

    def test_memory_goes_back(self):
        with tempfile.TemporaryDirectory() as at, \
                support.Server(support.compile_plan(ROOT / "tests/http/routes.sg", at)) as s:
            body = "[" + "1," * 4_000_000 + "1]"
            before = s.rss()
            for _ in range(3):
                self.assertEqual(s.request("POST", "/api/json", body, JSON)[0], 200)
            # Of 40 MB and more, 8 wait for the next request.
            self.assertLess(s.grown(before, 20 << 20), 20 << 20)


if __name__ == "__main__":
    unittest.main()
