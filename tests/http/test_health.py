"""Health on a server: replicas that are not well are replaced while calls go on, on
all loops; what happened can be read in the report, the metrics and the log."""
import concurrent.futures
import http.client
import json
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

PROGRAM = """
deployment Switch() {
  state on: bool = true
  fn set(x: bool) { on = x }
  fn get() -> bool = on
}
deployment Worker(switch: Switch) {
  health: { period: 50ms, timeout: 1s, failures: 2 }
  num_replicas: 2
  max_ongoing_requests: 3
  let words = ["heavy", "weights"]
  state broken: bool = false
  fn check_health() {
    if broken { fail(500, "it is\\nbroken") }
    if not switch.get() { fail(500, "the switch is off") }
  }
  fn spoil() { broken = true }
  fn run(t: duration) -> str {
    sleep(t)
    return join(words, " ")
  }
}
deployment plain(x: int) -> int = x
app a {
  bind switch = Switch()
  bind w = Worker(switch)
  route POST "/" (t: duration) -> w.run(t)
  route POST "/spoil" -> w.spoil()
  route POST "/switch" (on: bool) -> switch.set(on)
  route GET "/plain" (x: int) -> plain(x)
}
"""


class Health(unittest.TestCase):
    loops = 1

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = support.compile_plan(PROGRAM, self.folder)
        self.server = self.enterContext(support.Server(self.plan, "--loops", self.loops))
        self.pool = self.enterContext(concurrent.futures.ThreadPoolExecutor(30))

    def ask(self, path, method="GET"):
        c = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        status, _, body = support.ask(c, method, path)
        return status, body.decode()

    def get(self, path, method="GET"):
        status, body = self.ask(path, method)
        self.assertLess(status, 300, body)
        return body

    def report(self):
        return {d["name"]: d for d in json.loads(self.get("/-/deployments"))}

    def until(self, holds, seconds=60):
        end = time.monotonic() + seconds
        while not holds(found := self.report()["w"]):
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.02)
        return found

    def metrics(self):
        return dict(re.findall(r'^servegraph_deployment_(\w+)\{app="a",deployment="w"\} (\S+)$',
                               self.get("/-/metrics"), re.M))

    def errors(self):
        self.server.process.terminate()
        self.server.process.wait(30)
        return self.server.process.stderr.read().splitlines()

    def test_it_is_replaced_and_nothing_is_lost(self):
        found = self.until(lambda w: w["replicas"] == 2)
        self.assertEqual(self.ask("/-/readyz"), (200, "ready"))
        self.assertEqual([r["state"] for r in found["health"]["replicas"]], ["ready", "ready"])
        self.assertRegex(found["health"]["replicas"][0]["since"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")
        self.assertNotIn("health", self.report()["plain"])
        calls = [self.pool.submit(self.get, f"/?t={i % 5 / 5}", "POST") for i in range(30)]
        self.get("/spoil", "POST")
        found = self.until(lambda w: w["health"]["replaced"] == 1 and w["replicas"] == 2)
        self.assertEqual({f.result(60) for f in calls}, {"heavy weights"})
        health = self.until(lambda w: len(w["health"]["replicas"]) == 2)["health"]
        self.assertEqual((health["starts"], health["failed_starts"]), (3, 0))
        self.assertEqual(health["last"]["why"], "2 checks in a row failed: check_health failed: it is broken")
        found = self.metrics()
        self.assertEqual([float(found[name]) for name in (
            "replicas", "replica_starts_total", "replica_start_failures_total", "health_check_failures_total",
            "replicas_replaced_total")], [2, 3, 0, 2, 1])
        self.assertIn("error: a.w replaces a replica: 2 checks in a row failed: check_health failed: it is broken",
                      self.errors())

    def test_what_is_replaced_ends_its_calls(self):
        calls = [self.pool.submit(self.get, "/?t=2", "POST") for _ in range(6)]
        self.until(lambda w: w["ongoing"] == 6)
        self.get("/switch?on=false", "POST")
        found = self.until(lambda w: w["health"]["replaced"] == 2)
        self.assertIn("replaced", [r["state"] for r in found["health"]["replicas"]])
        self.get("/switch?on=true", "POST")
        self.assertEqual({f.result(60) for f in calls}, {"heavy weights"})
        self.until(lambda w: w["replicas"] == 2 and len(w["health"]["replicas"]) == 2)

    def test_nobody_waits_for_what_cannot_start(self):
        self.get("/switch?on=false", "POST")
        found = self.until(lambda w: w["health"]["failed_starts"] >= 1)
        self.assertEqual((found["replicas"], found["health"]["last"]["why"]),
                         (0, "check_health failed: the switch is off"))
        self.until(lambda w: w["health"]["failed_starts"] >= 2)
        self.assertEqual(self.ask("/-/readyz"), (503, '{"detail":"not ready"}'))
        self.assertEqual(self.ask("/-/healthz"), (200, "success"))
        self.assertEqual(self.ask("/?t=0", "POST"), (503, '{"detail":"w has no replica: none can start"}'))
        self.get("/switch?on=true", "POST")
        self.until(lambda w: w["replicas"] == 2)
        self.assertEqual(self.ask("/-/readyz"), (200, "ready"))
        self.assertEqual(self.get("/?t=0", "POST"), "heavy weights")
        lines = self.errors()
        self.assertEqual(len([li for li in lines if li.startswith("error: a.w could not start a replica: ")]), 1, lines)
        self.assertEqual(len([li for li in lines if li.startswith("info: a.w has started a replica")]), 1, lines)

    def test_it_ends_with_checks_under_way(self):
        self.get("/switch?on=false", "POST")
        self.until(lambda w: w["replicas"] == 0)
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(30), 0)


class OverLoops(Health):
    loops = 3


TRUTH = """
deployment M() {
  LET
  fn check_health() -> bool = CHECK
  fn run() -> str = "NAME"
}
deployment Sleeper() {
  autoscaling: { min_replicas: 0 }
  fn run(x: int) -> int = x
}
app a {
  bind m = M()
  bind sleeper = Sleeper()
  route GET "/" -> m.run()
  route GET "/sleeper" (x: int) -> sleeper.run(x)
}
"""


def truth(name, check="true", let=""):
    return TRUTH.replace("NAME", name).replace("CHECK", check).replace("LET", let)


class AtTheBeginning(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def answers(self, server, path, wanted):
        end = time.monotonic() + 60
        while (found := server.request("GET", path)[2].decode()) != wanted:
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.02)

    def test_a_let_that_fails_ends_the_server(self):
        plan = support.compile_plan(truth("x", let='let number = int("none")'), self.folder)
        done = support.run(support.SGRUN, plan, "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"m could not start: .*none")
        self.assertNotIn("ready on", done.stdout + done.stderr)

    def test_a_check_that_fails_leaves_it_not_ready(self):
        plan = support.compile_plan(truth("x", "false"), self.folder)
        with support.Server(plan) as s:
            self.assertEqual(s.request("GET", "/-/readyz")[0], 503)
            self.assertEqual(s.request("GET", "/-/healthz")[0], 200)

    def test_a_plan_that_is_not_well_replaces_none(self):
        plan = support.compile_plan(truth("one"), self.folder)
        with support.Server(plan, "--watch", "--loops", 2) as s:
            self.answers(s, "/", "one")
            self.assertEqual(s.request("GET", "/-/readyz")[0], 200)      # one deployment sleeps
            for bad in truth("bad", "false"), truth("bad", let='let number = int("none")'):
                support.compile_plan(bad, self.folder)
                while "stays" not in (line := s.process.stderr.readline()):
                    self.assertTrue(line)
                self.assertIn("could not start", line)
                self.assertEqual(s.request("GET", "/")[2], b"one")
            support.compile_plan(truth("two"), self.folder)
            self.answers(s, "/", "two")


class Starts(unittest.TestCase):
    def test_lets_that_hang_at_the_beginning(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = support.compile_plan("""
deployment Slow() {
  health: { start_timeout: 50ms }
  let x = begin()
  fn begin() -> int {
    sleep(1000s)
    return 1
  }
  fn run() -> int = x
}
app a {
  bind slow = Slow()
  route GET "/" -> slow.run()
}
""", folder)
            done = support.run(support.SGRUN, plan, "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("slow could not start: it has not started within start_timeout", done.stderr)


if __name__ == "__main__":
    unittest.main()
