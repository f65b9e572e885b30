"""Spawned calls on a server: they outlive their request, the server waits for
them when it ends, up to its patience, and their errors are in the log."""
import re
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

PROGRAM = """
deployment Log() {
  state lines: [str] = []
  fn add(line: str) -> int {
    lines = lines + [line]
    return len(lines)
  }
  fn all() -> [str] = lines
}
deployment Worker(log: Log) {
  max_ongoing_requests: 4
  max_queued_requests: 8
  fn work(name: str, t: duration) -> str {
    sleep(t)
    log.add(name)
    if name == "bad" { fail(500, "{name}: it was\\nbad") }
    return name
  }
}
app a {
  bind log = Log()
  bind worker = Worker(log)
  route POST "/work" (name: str, t: duration) {
    spawn worker.work(name, t)
    return "begun"
  }
  route POST "/many" (n: int, t: duration) {
    for i in range(n) { spawn worker.work("{i}", t) }
    return n
  }
  route GET "/log" -> log.all()
}
"""


class Spawn(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = support.compile_plan(PROGRAM, self.folder)

    def ask(self, s, path):
        status, _, body = s.request("POST", path)
        self.assertEqual(status, 200, body)
        return body

    def lines(self, s, n):
        for _ in range(200):
            body = s.request("GET", "/log")[2]
            if body.count(b'"') == 2 * n:
                return body
            time.sleep(0.02)
        self.fail(f"not {n} lines: {body}")

    def test_they_outlive_their_request(self):
        for loops in 1, 3:
            with support.Server(self.plan, "--loops", loops) as s:
                begin = time.monotonic()
                self.assertEqual(self.ask(s, "/work?name=one&t=2"), b"begun")
                self.assertLess(time.monotonic() - begin, 1.9)
                self.assertEqual(s.request("GET", "/log")[2], b"[]")
                self.assertEqual(self.lines(s, 1), b'["one"]')
            self.assertEqual(s.errors, "")

    def test_their_errors_are_told(self):
        with support.Server(self.plan) as s:
            self.ask(s, "/work?name=bad&t=0")
            self.lines(s, 1)
            self.ask(s, "/many?n=20&t=0.05")
            self.lines(s, 13)
        lines = s.errors.splitlines()
        self.assertEqual(len(lines), 3, s.errors)
        self.assertIn("error: spawn Worker.work failed: bad: it was bad (user, ", lines[0])
        self.assertIn("its queue of 8 is full (overloaded, ", lines[1])
        self.assertEqual(lines[2], "error: spawn Worker.work failed 7 more times (overloaded)")

    def test_refusals_are_told_once_a_second(self):
        with support.Server(self.plan) as s:
            end, asked = time.monotonic() + 2.2, 0
            while time.monotonic() < end:
                self.ask(s, "/many?n=200&t=0.5")
                asked += 200
        lines = s.errors.splitlines()
        self.assertLess(len(lines), 8, s.errors)
        more = sum(int(n) for n in re.findall(r"failed (\d+) more times", s.errors))
        refused = more + len([line for line in lines if "more times" not in line])
        self.assertGreater(refused, asked - 100)
        self.assertLess(refused, asked)

    def test_the_end_waits_for_them(self):
        with support.Server(self.plan) as s:
            self.ask(s, "/work?name=bad&t=0.4")
            s.process.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            s.process.wait(10)
            self.assertGreater(time.monotonic() - begin, 0.2)
            self.assertEqual(s.process.returncode, 0)
        self.assertIn("spawn Worker.work failed", s.errors)

    def test_but_not_for_ever(self):
        for loops in 1, 3:
            with support.Server(self.plan, "--drain", "200ms", "--loops", loops) as s:
                for _ in range(6):
                    self.ask(s, "/work?name=late&t=3600")
                s.process.send_signal(signal.SIGTERM)
                begin = time.monotonic()
                s.process.wait(10)
                self.assertLess(time.monotonic() - begin, 5)
            self.assertEqual(s.process.returncode, 0)

    def test_an_interrupt_ends_them_at_once(self):
        with support.Server(self.plan) as s:
            self.ask(s, "/work?name=late&t=3600")
            s.process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            s.process.send_signal(signal.SIGINT)
            s.process.wait(5)
        self.assertEqual(s.process.returncode, 130)

    def test_memory_comes_back(self):
        with support.Server(self.plan, "--loops", 2) as s:
            for _ in range(30):
                self.ask(s, "/many?n=10&t=0")
            time.sleep(0.2)
            before = s.rss()
            for _ in range(300):
                self.ask(s, "/many?n=10&t=0")
            time.sleep(0.2)
            if "asan" not in support.SGRUN:
                self.assertLess(s.grown(before, 8 << 20), 8 << 20)


if __name__ == "__main__":
    unittest.main()
