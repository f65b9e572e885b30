"""Autoscaling on a server: replicas follow the calls of all loops, nothing is lost
on the way down or up, what was decided can be read, and who is idle sleeps."""
import concurrent.futures
import json
import pathlib
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

PROGRAM = """
deployment Worker(wait: duration) {
  autoscaling: {
    min_replicas: 0, max_replicas: 8, target_ongoing_requests: 10,
    upscale_delay: 100ms, downscale_delay: 300ms, look_back_period: 0s
  }
  let words = ["heavy", "weights"]
  state n: int = 0
  fn run(t: duration) -> str {
    n += 1
    sleep(t)
    return "{join(words, " ")} {n > 0}"
  }
}
deployment plain(x: int) -> int = x
app a {
  bind w = Worker(10ms)
  route POST "/" (t: duration) -> w.run(t)
  route GET "/counts" -> [replicas(w), ongoing(w), queued(w), replicas(plain)]
  route GET "/plain" (x: int) -> plain(x)
}
"""


class Autoscaling(unittest.TestCase):
    loops = 1

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = support.compile_plan(PROGRAM, self.folder)
        self.server = self.enterContext(support.Server(self.plan, "--loops", self.loops))
        self.pool = self.enterContext(concurrent.futures.ThreadPoolExecutor(50))

    def get(self, path, method="GET"):
        status, _, body = self.server.request(method, path)
        self.assertEqual(status, 200, body)
        return body.decode()

    def report(self):
        return {d["name"]: d for d in json.loads(self.get("/-/deployments"))}

    def until(self, wanted, seconds=20):
        end = time.monotonic() + seconds
        while (now := self.report()["w"]["replicas"]) != wanted:
            self.assertLess(time.monotonic(), end, f"{now} replicas, not {wanted}")
            time.sleep(0.02)

    def test_up_and_down(self):
        self.assertEqual(json.loads(self.get("/counts")), [0, 0, 0, 1])
        calls = [self.pool.submit(self.get, "/?t=2.5", "POST") for _ in range(50)]
        self.until(5)
        self.assertEqual(json.loads(self.get("/counts"))[:3], [5, 50, 0])
        self.assertEqual({f.result(30) for f in calls}, {"heavy weights True"})
        self.until(0)
        found = self.report()
        self.assertNotIn("autoscaling", found["plain"])
        self.assertEqual(found["plain"]["deployment"], "plain")
        w = found["w"]
        self.assertEqual((w["app"], w["ongoing"], w["queued"], w["max_ongoing_requests"]), ("a", 0, 0, 20))
        scaling = w["autoscaling"]
        self.assertEqual((scaling["min"], scaling["max"], scaling["target"]), (0, 8, 0))
        steps = [(d["from"], d["to"]) for d in scaling["decisions"]]
        self.assertEqual((steps[0], steps[-1]), ((0, 1), (1, 0)))
        self.assertEqual(max(to for _, to in steps), 5)
        for one, two in zip(steps, steps[1:]):
            self.assertEqual(one[1], two[0])
        for d in scaling["decisions"]:
            self.assertRegex(d["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")
        self.assertEqual(scaling["decisions"][0]["why"], "a call, and no replica")
        self.assertRegex(scaling["decisions"][-1]["why"], "^0 calls, 10 for each of 1 replicas$")

    def test_many_rounds_lose_nothing(self):
        held = self.get("/?t=0", "POST")
        for _ in range(3):
            calls = [self.pool.submit(self.get, f"/?t={i % 7 / 20}", "POST") for i in range(50)]
            self.assertEqual({f.result(30) for f in calls}, {held})
            self.until(0)

    def test_the_log_has_the_decisions(self):
        self.get("/?t=0", "POST")
        self.until(0)
        self.server.process.terminate()
        self.server.process.wait(10)
        errors = self.server.process.stderr.read()
        self.assertIn("info: a.w scales from 0 to 1: 1 calls\n", errors)
        self.assertIn("info: a.w scales from 1 to 0: 0 calls\n", errors)

    def test_an_idle_server_sleeps(self):
        self.get("/?t=0", "POST")
        self.until(0)
        time.sleep(0.3)

        def switches():
            status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
            return int(re.search(r"\bvoluntary_ctxt_switches:\s*(\d+)", status)[1])
        before = switches()
        time.sleep(1)
        self.assertLess(switches() - before, 4)


class OverLoops(Autoscaling):
    loops = 3


if __name__ == "__main__":
    unittest.main()
