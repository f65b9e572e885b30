"""Caches of deployments over sockets: several loops, large answers, many keys."""
import concurrent.futures
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGRUN, Server, compile_plan

PROGRAM = """
type Answer = { x: int, text: str, list: [float] }
deployment Count() {
  state n: int = 0
  fn add() { n += 1 }
  fn seen() -> int = n
}
deployment Slow(count: Count) {
  cache: { ttl: 1h, max_entries: 20 }
  fn run(x: int, size: int) -> Answer {
    count.add()
    sleep(200ms)
    return { x: x, text: repeat("é", size), list: [0.5 for _ in range(size)] }
  }
}
deployment Quick(count: Count) {
  cache: { ttl: 1h, max_entries: 20 }
  fn run(x: int) -> str {
    count.add()
    return "{x}" + repeat("-", 1000)
  }
}
app a {
  bind count = Count()
  bind slow = Slow(count)
  bind quick = Quick(count)
  route GET "/slow" (x: int, size: int = 10) -> slow(x, size)
  route GET "/quick" (x: int) -> quick(x)
  route GET "/seen" -> count.seen()
}
"""


class Cache(unittest.TestCase):
    def serve(self, *options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        return self.enterContext(Server(compile_plan(PROGRAM, folder), *options))

    def seen(self, server):
        return int(server.request("GET", "/seen")[2])

    def test_loops_share_it(self):
        for loops in 1, 3:
            with self.subTest(loops=loops):
                s = self.serve("--loops", loops)
                paths = [f"/slow?x={i % 2}" for i in range(40)]
                with concurrent.futures.ThreadPoolExecutor(40) as pool:
                    got = [json.loads(a[2]) for a in pool.map(lambda p: s.request("GET", p), paths)]
                self.assertEqual([a["x"] for a in got], [i % 2 for i in range(40)])
                self.assertEqual(self.seen(s), 2)
                for i in range(20):
                    self.assertEqual(s.request("GET", f"/quick?x={i % 4}")[2][:1], b"%d" % (i % 4))
                self.assertEqual(self.seen(s), 6)

    def test_clients_that_leave(self):
        s = self.serve("--request-timeout", "50ms")
        for _ in range(3):
            self.assertEqual(s.request("GET", "/slow?x=1")[0], 408)
        self.assertEqual(self.seen(s), 3)

    def test_large_answers(self):
        s = self.serve()
        first = s.request("GET", "/slow?x=1&size=50000")[2]
        self.assertEqual(len(json.loads(first)["list"]), 50000)
        for _ in range(5):
            self.assertEqual(s.request("GET", "/slow?x=1&size=50000")[2], first)
        self.assertEqual(self.seen(s), 1)

    def test_memory_is_bounded(self):
        s = self.serve()
        for i in range(300):
            s.request("GET", f"/quick?x={i}")
        before = s.rss()
        for i in range(2000):
            s.request("GET", f"/quick?x={i + 1000}")
        if "asan" not in SGRUN:
            self.assertLess(s.grown(before, 300_000), 300_000)
        self.assertEqual(self.seen(s), 2300)


if __name__ == "__main__":
    unittest.main()
