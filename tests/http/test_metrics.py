"""The page of metrics: the text format of Prometheus, and what is counted in it, over loops and reloads."""
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import Server, compile_plan

PROGRAM = r"""
/// What was bought,\ by
/// "item".
metric bought = counter(labels: ["item"])
metric level = gauge(labels: ["of"])
metric spans = histogram(buckets: [1ms, 2.5s, 1h])

deployment Shelf() {
  max_ongoing_requests: 1
  max_queued_requests: 2
  num_replicas: 2
  fn broken() { fail(500, "broken") }
  fn slow(ms: int) -> int {
    sleep(ms * 1ms)
    return ms
  }
}

deployment out() -> str {
  idempotent: true
  retry_budget: 0%
  fail(503, "out")
}

app a {
  bind shelf = Shelf()
  route GET "/out" -> out() with { retries: 80, backoff: 0s }
  route POST "/buy" (item: str in body) { bought.inc(item: item) }
  route POST "/level" (of: str, x: float) { level.set(x, of: of) }
  route POST "/span" (x: float) { spans.observe(x) }
  route GET "/slow/{ms}" (ms: int) -> shelf.slow(ms)
  route GET "/fail" -> fail(418, "no")
  route POST "/spawn" {
    spawn shelf.broken()
    return "on its way"
  }
}
"""
LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def parse(text):
    """{(name, labels): value}; whatever is not of the format is an error."""
    values, kinds, done = {}, {}, set()
    family = None
    for line in text.splitlines():
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            if name != family:
                assert name not in done, line
                family = name
                done.add(name)
            if what == "TYPE":
                kinds[name] = rest
            continue
        found = LINE.fullmatch(line)
        assert found, line
        assert found[1] == family or (kinds[family] == "histogram" and
                                      found[1] in (family + "_bucket", family + "_sum", family + "_count")), line
        key = (found[1], tuple((k, unescape(v)) for k, v in LABEL.findall(found[2] or "")))
        assert key not in values, line
        values[key] = float(found[3])
    return values, kinds


class Metrics(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def scrape(self, server, path="/metrics"):
        status, headers, body = server.request("GET", path)
        self.assertEqual((status, headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return parse(body.decode())

    def start(self, *options):
        return self.enterContext(Server(compile_plan(PROGRAM, self.folder), *options))

    def test_the_format_and_the_users_own(self):
        s = self.start()
        items = ['plain', 'a"b', 'back\\slash', 'new\nline', 'Ünï', '']
        for i, item in enumerate(items):
            for _ in range(i + 1):
                s.request("POST", "/buy", json.dumps(item), {"content-type": "application/json"})
        for x in (0.001, 0.0011, 2.5, 4000):
            s.request("POST", f"/span?x={x}")
        s.request("POST", "/level?of=x&x=2.5")
        s.request("POST", "/level?of=x&x=-1e300")
        values, kinds = self.scrape(s)
        self.assertEqual({k: v for k, v in values.items() if k[0] == "bought"},
                         {("bought", (("item", item),)): i + 1 for i, item in enumerate(items)})
        self.assertEqual(values["level", (("of", "x"),)], -1e300)
        self.assertEqual([values["spans_bucket", (("le", le),)] for le in ("0.001", "2.5", "3600", "+Inf")], [1, 3, 3, 4])
        self.assertEqual((values["spans_count", ()], values["spans_sum", ()]), (4, 0.001 + 0.0011 + 2.5 + 4000))
        self.assertEqual((kinds["bought"], kinds["level"], kinds["spans"]), ("counter", "gauge", "histogram"))
        text = s.request("GET", "/-/metrics")[2].decode()
        self.assertIn('# HELP bought What was bought,\\\\ by\\n"item".\n', text)

    def test_requests_of_the_runtime(self):
        s = self.start()
        for path in ("/slow/1", "/slow/1", "/slow/x", "/fail", "/nothing", "/buy"):
            s.request("GET", path)
        values, _ = self.scrape(s)

        def requests(route, method, status, app="a"):
            return values.get(("servegraph_http_requests_total",
                               (("app", app), ("route", route), ("method", method), ("status", status))))
        self.assertEqual([requests("/slow/{ms}", "GET", "200"), requests("/slow/{ms}", "GET", "422"),
                          requests("/fail", "GET", "418"), requests("", "GET", "404", ""), requests("", "GET", "405", "")],
                         [2, 1, 1, 1, 1])
        name = "servegraph_http_request_duration_seconds"
        labels = (("app", "a"), ("route", "/slow/{ms}"), ("method", "GET"))
        self.assertEqual(values[name + "_count", labels], 3)
        buckets = [v for (n, l), v in values.items() if n == name + "_bucket" and l[:3] == labels]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual((len(buckets), buckets[-1]), (19, 3))
        self.assertLess(values[name + "_bucket", labels + (("le", "0.0005"),)], 3)
        self.assertGreater(values[name + "_sum", labels], 0.002)
        self.assertEqual(values["servegraph_http_ongoing_requests", ()], 1)

    def test_deployments(self):
        s = self.start()
        threads = [threading.Thread(target=s.request, args=("GET", "/slow/400")) for _ in range(6)]
        for t in threads:
            t.start()
        of = (("app", "a"), ("deployment", "shelf"))
        until = time.monotonic() + 10
        while time.monotonic() < until:
            values, _ = self.scrape(s)
            if values["servegraph_deployment_refused_requests_total", of] == 2:
                break
        self.assertEqual([values[f"servegraph_deployment_{name}", of] for name in
                          ("ongoing_requests", "queued_requests", "requests_total", "refused_requests_total", "replicas")],
                         [2, 2, 2, 2, 2])
        for t in threads:
            t.join()
        values, _ = self.scrape(s)
        self.assertEqual([values[f"servegraph_deployment_{name}", of] for name in
                          ("ongoing_requests", "queued_requests", "requests_total", "refused_requests_total")], [0, 0, 4, 2])

    def test_retries(self):
        s = self.start()
        of = (("app", "a"), ("deployment", "out"))
        name = "servegraph_deployment_retries"
        self.assertNotIn((name + "_total", of), self.scrape(s)[0])
        for _ in range(3):
            self.assertEqual(s.request("GET", "/out")[0], 503)
        values, _ = self.scrape(s)
        self.assertTrue(100 <= values[name + "_total", of] < 250, values)
        self.assertGreater(values[name + "_refused_total", of], 0)

    def test_spawned_calls_that_fail(self):
        s = self.start()
        for _ in range(3):
            self.assertEqual(s.request("POST", "/spawn")[0], 200)
        until = time.monotonic() + 10
        while time.monotonic() < until and self.scrape(s)[0]["servegraph_spawned_errors_total", ()] < 3:
            time.sleep(0.01)
        self.assertEqual(self.scrape(s)[0]["servegraph_spawned_errors_total", ()], 3)

    def test_loops_add_up(self):
        s = self.start("--loops", "3")
        for _ in range(60):
            s.request("POST", "/buy", '"x"', {"content-type": "application/json"})
        values, _ = self.scrape(s)
        self.assertEqual(values["bought", (("item", "x"),)], 60)
        s.request("POST", "/level?of=y&x=1")
        s.request("POST", "/level?of=y&x=7")
        self.assertEqual(self.scrape(s)[0]["level", (("of", "y"),)], 7)

    def test_too_many_combinations(self):
        s = self.start()
        many = compile_plan('metric m = counter(labels: ["x"])\napp b {\n  route GET "/" {\n'
                            '    for i in range(12000) { m.inc(x: "{i}") }\n  }\n}\n', self.folder)
        with Server(many) as s:
            self.assertEqual(s.request("GET", "/")[0], 200)
            values, _ = self.scrape(s)
            self.assertEqual(sum(1 for k in values if k[0] == "m"), 10000)

    def test_a_reload_keeps_the_counts(self):
        source = self.folder / "shop.sg"
        source.write_text(PROGRAM)
        with Server(source, "--watch", env={"PATH": os.environ["PATH"]}) as s:
            s.request("POST", "/buy", '"x"', {"content-type": "application/json"})
            source.write_text(PROGRAM.replace('"/fail"', '"/failed"').replace('metric level = gauge(labels: ["of"])',
                              'metric level = gauge(labels: ["of"])\nmetric other = counter()'))
            self.assertIn("reloaded", s.process.stderr.readline())
            s.request("POST", "/buy", '"x"', {"content-type": "application/json"})
            values, kinds = self.scrape(s)
            self.assertEqual(values["bought", (("item", "x"),)], 2)
            self.assertIn("other", kinds)

    def test_a_route_of_that_name_comes_first(self):
        for route, page in ('GET "/metrics" -> "mine"', b"mine"), ('GET "/{x}" (x: str) -> x', b"metrics"):
            with Server(compile_plan(f"app c {{\n  route {route}\n}}\n", self.folder)) as s:
                self.assertEqual(s.request("GET", "/metrics")[2], page)
                self.scrape(s, "/-/metrics")
        with Server(compile_plan('app c {\n  route POST "/{x}" (x: str) -> x\n}\n', self.folder)) as s:
            self.assertEqual(s.request("POST", "/metrics")[2], b"metrics")
            self.scrape(s)


if __name__ == "__main__":
    unittest.main()
