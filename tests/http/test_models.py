"""Models by their id over sockets: headers, several loops, the pages that show
them, reloads."""
import concurrent.futures
import json
import pathlib
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGRUN, Server, compile_plan

PROGRAM = """
type Model = { id: str, words: [str], who: int }
deployment Count() {
  state n: int = 0
  fn add() -> int {
    n += 1
    return n
  }
}
deployment Models(count: Count) {
  num_replicas: 2
  max_ongoing_requests: 20
  state who: int = count.add()
  multiplex(max_models: 2) fn load(id: str) -> Model {
    sleep(50ms)
    if id == "bad" { fail(404, "no such model") }
    return { id: id, words: [id for _ in range(10000)], who: who }
  }
  fn run() -> (str, int) {
    let m = load(multiplexed_model_id() ?? "none")
    return (m.id, m.who)
  }
  batch(max_size: 4, wait: 2ms) fn put(xs: [int]) -> [str] {
    let m = load(multiplexed_model_id() ?? "none")
    return ["{m.id} {x}" for x in xs]
  }
}
deployment Front(models: Models) {
  fn run() -> (str, int) = models.run()
}
app a {
  bind count = Count()
  bind models = Models(count)
  bind front = Front(models)
  route GET "/" -> models.run()
  route GET "/front" -> front.run()
  route GET "/put" (x: int) -> models.put(x)
  route GET "/named" (id: str) -> models.run() with { multiplexed_model_id: id }
  route GET "/said" -> multiplexed_model_id() ?? "-"
}
"""


class Models(unittest.TestCase):
    def serve(self, *options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = compile_plan(PROGRAM, folder)
        return self.enterContext(Server(self.plan, *options))

    def get(self, s, path, model=None, header="multiplexed_model_id"):
        status, _, body = s.request("GET", path, headers={header: model} if model else None)
        self.assertEqual(status, 200, body)
        return body.decode()

    def held(self, s):
        page = json.loads(s.request("GET", "/-/deployments")[2])
        return next(d for d in page if d["name"] == "models")["models"]

    def metric(self, s, name):
        page = s.request("GET", "/metrics")[2].decode()
        found = re.search(rf'^{name}{{[^}}]*deployment="models"[^}}]*}} (.+)$', page, re.M)
        return float(found[1])

    def test_headers(self):
        s = self.serve()
        for header in "multiplexed_model_id", "serve_multiplexed_model_id", "Multiplexed_Model_Id":
            self.assertEqual(json.loads(self.get(s, "/", "m", header))[0], "m")
            self.assertEqual(json.loads(self.get(s, "/front", "m", header))[0], "m")
        self.assertEqual(json.loads(self.get(s, "/"))[0], "none")
        self.assertEqual(json.loads(self.get(s, "/named?id=x", "m"))[0], "x")
        self.assertEqual(self.get(s, "/said", ""), "-")
        self.assertEqual(self.get(s, "/said", "é".encode("latin-1")), "é")
        self.assertEqual(self.get(s, "/said", "x" * 5000), "x" * 5000)

    def test_pages(self):
        s = self.serve()
        for model in "a", "b", "c", "d", "a", "e":
            self.get(s, "/", model)
        self.assertEqual(s.request("GET", "/", headers={"multiplexed_model_id": "bad"})[0], 404)
        held = self.held(s)
        self.assertEqual([len(h) for h in held], [2, 2])
        self.assertEqual(sorted(sum(held, []))[0], "a")
        self.assertIn("e", [h[0] for h in held])
        self.assertEqual(self.metric(s, "servegraph_models"), 4)
        self.assertEqual(self.metric(s, "servegraph_model_loads_total"), 5)
        self.assertEqual(self.metric(s, "servegraph_model_load_errors_total"), 1)
        self.assertEqual(self.metric(s, "servegraph_model_evictions_total"), 1)
        self.assertEqual(self.metric(s, "servegraph_model_load_seconds_count"), 6)
        self.assertGreaterEqual(self.metric(s, "servegraph_model_load_seconds_sum"), 0.3)

    def test_loops_share_them(self):
        s = self.serve("--loops", 3)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            ids = [f"m{i % 3}" for i in range(60)]
            got = [json.loads(a) for a in pool.map(lambda m: self.get(s, "/", m), ids)]
            self.assertEqual([g[0] for g in got], ids)
            self.assertEqual(len({tuple(g) for g in got}), 3)
            self.assertEqual(self.metric(s, "servegraph_model_loads_total"), 3)
            batch = list(pool.map(lambda i: self.get(s, f"/put?x={i}", ids[i]), range(60)))
            self.assertEqual(batch, [f"{ids[i]} {i}" for i in range(60)])
            self.assertEqual(self.metric(s, "servegraph_model_loads_total"), 3)

    def test_memory_stays(self):
        s = self.serve("--loops", 2)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            def load(n):
                list(pool.map(lambda i: self.get(s, "/", f"{n} {i}"), range(150)))
            load("warm")
            before = s.rss()
            load("more")
            if "asan" not in SGRUN:
                self.assertLess(s.grown(before, 16 << 20), 16 << 20)
        self.assertEqual([len(h) for h in self.held(s)], [2, 2])

    def test_reload_begins_anew(self):
        s = self.serve("--loops", 2, "--watch")
        for model in "a", "b":
            self.get(s, "/", model)
        self.plan.with_name("next.plan").write_bytes(self.plan.read_bytes())
        self.plan.with_name("next.plan").rename(self.plan)
        for _ in range(200):
            if self.held(s) == [[], []] and self.metric(s, "servegraph_models") == 0:
                break
            time.sleep(0.05)
        self.assertEqual(self.held(s), [[], []])
        self.assertEqual(self.metric(s, "servegraph_models"), 0)
        self.get(s, "/", "a")
        self.assertEqual(self.metric(s, "servegraph_models"), 1)
        self.assertEqual(self.metric(s, "servegraph_model_loads_total"), 3)


if __name__ == "__main__":
    unittest.main()
