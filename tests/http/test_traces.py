"""Traces: what comes in traceparent and tracestate, what is said of it in answers and in
the log, and requests that are told whole: sampled, or slow."""
import json
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import support  # noqa: E402
import ws  # noqa: E402

PROGRAM = """
deployment One() {
  max_ongoing_requests: 1
  state n: int = 0
  fn wait(time: duration) -> int {
    n += 1
    sleep(time)
    return n
  }
  fn pieces(gap: duration) -> stream int {
    yield 1
    sleep(gap)
    yield 2
  }
}
deployment light(x: int) -> int = x + 1
deployment fails(x: int) -> int {
  if x > 0 { fail(409, "no \\"{x}\\"") }
  return x
}
app a {
  bind one = One()
  graph both(time: duration) -> [int] = [one.wait(time), one.wait(time), light(1)]
  route GET "/" -> "here"
  route GET "/both" (time: float) -> both(time * 1s)
  route GET "/wait" (time: float) -> one.wait(time * 1s)
  route GET "/fails" -> fails(7)
  route GET "/pieces" (gap: float) -> one.pieces(gap * 1s)
  route GET "/keyed" with { auth: { api_key: secret("SGT_KEY") } } -> "in"
  route WS "/talk" (inbox: stream str) -> inbox
}
"""
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
FORM = r"00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])"


def parent(flags="01", version="00", trace=TRACE, span=SPAN, more=""):
    return f"{version}-{trace}-{span}-{flags}{more}"


class Case(unittest.TestCase):
    options = ()
    program = PROGRAM

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = support.Server(support.compile_plan(cls.program, cls.folder.name),
                                    *cls.options, env={"SGT_KEY": "k"})
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def get(self, path, *fields):
        """Status, the fields of the answer's traceparent, and its request id."""
        with raw.Conn(self.server, raw.head("GET", path, "Connection: close", *fields)) as c:
            head = c.head()
            c.rest()
        self.assertLessEqual(head.count("traceparent"), 1)
        self.assertNotIn("tracestate", head)
        found = re.search(rf"traceparent: {FORM}\r", head)
        self.assertEqual(bool(found), "traceparent" in head)
        return int(head.split()[1]), found and found.groups(), re.search("x-request-id: (.*)\r", head)[1]

    def logged(self, id):
        """The line of the log about a request, when it is there."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.server.log.flush()
            with open(f"/proc/self/fd/{self.server.log.fileno()}") as f:
                lines = f.read().splitlines()
            for line in lines:
                if id in line:
                    return line
            time.sleep(0.05)
        raise AssertionError(f"nothing about {id}: {lines}")

    def traces(self):
        return json.loads(self.server.request("GET", "/-/traces")[2])["traces"]

    def trace(self, id):
        found = [t for t in self.traces() if t["id"] == id]
        self.assertEqual(len(found), 1)
        return found[0]


class Off(Case):
    def test_what_comes_goes_on(self):
        seen = set()
        for flags, sampled in ("00", "0"), ("01", "1"), ("02", "0"), ("03", "1"), ("ff", "1"):
            status, (trace, span, said), _ = self.get("/", f"traceparent: {parent(flags)}")
            self.assertEqual((status, trace, said), (200, TRACE, sampled))
            self.assertNotEqual(span, SPAN)
            seen.add(span)
        self.assertEqual(len(seen), 5)
        self.assertEqual(self.get("/")[1], None)

    def test_later_versions(self):
        for text in (parent(version="01"), parent(version="cc", more="-what-else"), parent(version="fe", more="-")):
            self.assertEqual(self.get("/", f"TraceParent:  {text} ")[1][0], TRACE, text)

    def test_a_bad_one_begins_a_new_trace(self):
        for text in ("", "x", parent(more="-"), parent(more="0"), parent(version="ff"), parent(version="0"),
                     parent(version="0x"), parent(version="01", more="x"), parent(trace="0" * 32),
                     parent(span="0" * 16), parent(trace=TRACE.upper()), parent(span=SPAN[:-1]),
                     parent(flags="1"), parent(flags="0G"), parent(flags="0A"), parent().replace("-", "_"),
                     parent(trace=TRACE[:-1] + "g"), parent()[:-1], "-" * 55, parent(version="é")):
            status, made, id = self.get("/", f"traceparent: {text}")
            with self.subTest(text):
                self.assertEqual(status, 200)
                self.assertNotEqual(made[0], TRACE)
                self.assertEqual((made[0], made[2]), (id, "0"))  # the made request id is its
        two = [f"traceparent: {parent()}"] * 2
        self.assertNotEqual(self.get("/", *two)[1][0], TRACE)
        self.assertRegex(self.get("/", "traceparent: x", "X-Request-Id: mine")[1][0], "^[0-9a-f]{32}$")

    def test_states(self):
        def state(*values):
            id = self.get("/", f"traceparent: {parent()}", *(f"tracestate: {v}" for v in values))[2]
            return self.trace(id).get("tracestate")
        long = ",".join(f"k{i}=v" for i in range(32))
        for values, wanted in [
                (["a=1"], "a=1"), (["a=1,b=2", "c=3"], "a=1,b=2,c=3"), ([" a=1 ,\t,, b=2 ,"], "a=1,b=2"),
                (["t1@v=x y"], "t1@v=x y"), (["1t@v=x"], "1t@v=x"), (["a_-*/9=!"], "a_-*/9=!"),
                (["a" * 256 + "=1"], "a" * 256 + "=1"), (["a=" + "1" * 256], "a=" + "1" * 256), ([long], long),
                ([], None), ([""], None), (["1=x"], None), (["A=1"], None), (["a"], None), (["a="], None),
                (["=1"], None), (["a=1=2"], None), (["a=1", "a=2"], None), (["a=é"], None),
                (["a" * 257 + "=1"], None), (["a=" + "1" * 257], None), ([long + ",more=1"], None),
                (["t@=1"], None), (["@v=1"], None), (["t@1v=1"], None), (["t@" + "v" * 15 + "=1"], None),
                (["t" * 242 + "@v=1"], None), (["a=1,b=\x7f"], None)]:
            with self.subTest(values):
                if any("\x7f" in v for v in values):
                    continue  # refused by HTTP itself
                self.assertEqual(state(*values), wanted)
        id = self.get("/", "traceparent: bad", "tracestate: a=1")[2]
        self.assertEqual([t for t in self.traces() if t["id"] == id], [])

    def test_sampled_by_the_client(self):
        status, made, id = self.get("/both?time=0.05", f"traceparent: {parent()}")
        self.assertEqual(status, 200)
        t = self.trace(id)
        self.assertEqual((t["trace_id"], t["span_id"], t["parent_id"]), (TRACE, made[1], SPAN))
        self.assertEqual((t["path"], t["route"], t["status"]), ("/both", "/both", 200))
        calls = t["calls"]
        self.assertEqual(sorted(c["call"] for c in calls), ["both", "light", "one.wait", "one.wait"])
        whole = [c["call"] for c in calls].index("both")
        first, second = [c for c in calls if c["call"] == "one.wait"]
        self.assertEqual((first["within"], second["within"]), (whole, whole))
        self.assertEqual((first["replica"], second["replica"]), (0, 0))
        for c in calls:
            self.assertEqual(c["outcome"], "done", c)
        self.assertGreater(first["run_ms"], 40)
        self.assertGreater(second["wait_ms"] + 1, first["run_ms"])
        self.assertGreater(second["run_ms"], 40)

    def test_failures(self):
        id = self.get("/fails", f"traceparent: {parent()}")[2]
        call = self.trace(id)["calls"][0]
        self.assertEqual((call["call"], call["outcome"], call["error"]), ("fails", "failed", 'no "7"'))
        with raw.Conn(self.server, raw.head("GET", "/wait?time=60", f"traceparent: {parent()}", "x-request-id: gone")):
            time.sleep(0.2)
        end = time.monotonic() + 20
        while not [t for t in self.traces() if t["id"] == "gone"] and time.monotonic() < end:
            time.sleep(0.05)
        t = self.trace("gone")
        self.assertEqual((t["status"], t["calls"][0]["outcome"]), (0, "cancelled"))

    def test_the_last_hundred(self):
        ids = [self.get("/", f"traceparent: {parent()}")[2] for _ in range(103)]
        self.assertEqual([t["id"] for t in self.traces()], ids[:-101:-1])

    def test_refused_and_unknown(self):
        for path, status in ("/keyed", 401), ("/nowhere", 404), ("/wait?time=x", 422):
            got = self.get(path, f"traceparent: {parent()}")
            self.assertEqual((got[0], got[1][0]), (status, TRACE))
            self.assertEqual(self.trace(got[2])["status"], status)

    def test_conversations(self):
        with ws.Socket(self.server, "/talk", f"traceparent: {parent()}") as c:
            self.assertRegex(c.headers["traceparent"], FORM)
            c.send(ws.TEXT, "a")
            self.assertEqual(c.text(), "a")
            c.end()


class Loops(Off):
    options = "--loops", "3"

    test_the_last_hundred = test_later_versions = test_states = None


class Log(Case):
    options = "--log", "json"

    def test_every_request_has_a_trace(self):
        _, made, id = self.get("/")
        self.assertEqual(made, None)  # nobody asked
        line = json.loads(self.logged(id))
        self.assertEqual(line["trace_id"], id)
        self.assertRegex(line["span_id"], "^[0-9a-f]{16}$")
        self.assertNotIn("parent_id", line)
        self.assertNotIn("calls", line)
        _, (trace, span, _), id = self.get("/both?time=0", f"traceparent: {parent('00')}", "tracestate: a=1")
        line = json.loads(self.logged(id))
        self.assertEqual((line["trace_id"], line["span_id"], line["parent_id"], line["tracestate"]),
                         (TRACE, span, SPAN, "a=1"))
        self.assertNotIn("calls", line)
        id = self.get("/both?time=0", f"traceparent: {parent()}")[2]
        self.assertEqual(len(json.loads(self.logged(id))["calls"]), 4)


class Slow(Case):
    options = "--trace-slow", "150ms", "--loops", "2"

    def test_only_the_slow_ones(self):
        self.get("/", "x-request-id: quick")
        self.get("/pieces?gap=0.4", "x-request-id: a-stream")
        self.get("/both?time=0.1", "x-request-id: slow-one")
        line = self.logged("slow-one")
        self.assertRegex(line, r"GET /both 200 .*slow-one slow calls: both at .* runs .*; "
                               r"one\.wait at \S+( waits \S+)? runs \S+ on 0; "
                               r"one\.wait at \S+ waits \S+ runs \S+ on 0; light at \S+ runs \S+ on 0$")
        for other in "quick", "a-stream":
            self.assertNotIn(other, open(f"/proc/self/fd/{self.server.log.fileno()}").read())
        t = self.trace("slow-one")
        self.assertEqual((t["slow"], len(t["calls"])), (True, 4))


class Sampled(Case):
    program = PROGRAM + "server { trace: { sample: 100%, slow: 1h }, log: \"json\" }\n"

    def test_all(self):
        _, made, id = self.get("/both?time=0")
        self.assertEqual((made[0], made[2]), (id, "1"))
        self.assertEqual(len(json.loads(self.logged(id))["calls"]), 4)
        # who says no is not asked again
        self.assertEqual(self.get("/both?time=0", f"traceparent: {parent('00')}")[1][2], "0")


class Some(Case):
    options = "--trace-sample", "50%"

    def test_half(self):
        n = sum(self.get("/")[1] is not None for _ in range(200))
        self.assertTrue(50 < n < 150, n)


class Settings(unittest.TestCase):
    def test_wrong(self):
        for value in "1", "x%", "101%", "-1%", "", "nan%", "inf%":
            done = support.run(support.SGRUN, f"--trace-sample={value}", "x.plan")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("is not a percentage such as 1% or 0.5%", done.stderr)


if __name__ == "__main__":
    unittest.main()
