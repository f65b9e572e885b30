"""`sgc explain FILE`: longest paths, waits, settings and who set them."""
import re
import unittest

from support import ROOT, SGC, run

TUTORIAL = ROOT / "examples/tutorial/tutorial.sg"

PROGRAM = '''\
deployment light(x: int) -> int = x + 1
deployment known(x: int) -> int {
  expected_latency: 70ms
  sleep(2ms * x)
  return x
}
deployment slow(x: int, wait: duration) -> int {
  sleep(wait)
  return x
}
deployment Holder(wait: duration, other: slow) {
  num_replicas: 3
  let more = wait + 5ms
  fn run(x: int) -> int {
    sleep(more)
    return other(x, 20ms)
  }
}
app a {
  bind h = Holder(10ms, slow) { max_ongoing_requests: 9 }
  graph g(x: int) -> int = if x > 3 then slow(x, 100ms) else light(x)
  route GET "/hold" (x: int) with { request_timeout: 2s } -> h(x)
  route GET "/choice" (x: int) -> g(x)
  route GET "/unknown" (x: int) -> known(x)
  route GET "/loop" (x: int) -> loops(x)
  route GET "/light" (x: int) -> light(x)
}
deployment loops(x: int) -> int {
  var r = 0
  for i in range(3) { r += slow(i, 10ms) }
  for i in range(x) { r += slow(i, 10ms) }
  return r
}
'''.replace("sleep(2ms * x)", "for i in range(x) { sleep(2ms) }")


COMPOSED = '''\
deployment Node(wait: duration) {
  fn run(x: int) -> int {
    sleep(wait)
    return x + 1
  }
}
deployment Ends(wait: duration) {
  fn run(x: int) -> step int {
    sleep(wait)
    return if x > 9 then end_loop(x) else x
  }
}
deployment guard(x: int) -> step int {
  sleep(5ms)
  return if x < 0 then respond(x) else x
}
fn pick(x: int) -> "a" | "b" = if x > 3 then "a" else "b"
app c {
  bind a = Node(10ms)
  bind b = Node(30ms)
  bind e = Ends(1ms)
  graph both = a & b | (fn(r) = r.a + r.b) | a
  graph again = loop(a, e, max_iter: 4) | b
  route GET "/both" -> both
  route GET "/choice" -> a / b by pick
  route GET "/guard" -> a | guard | b
  route GET "/loop" -> again
  route GET "/ends" (x: int, n: int) -> loop(a, max_iter: n)(x)
}
'''


def explain(text):
    done = run(SGC, "explain", "-", input=text)
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


def path_of(said, route):
    return re.search(rf"^GET {route}: (.*)$", said, re.M)[1]


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.said = explain(PROGRAM)

    def test_the_tutorial(self):
        said = run(SGC, "explain", TUTORIAL).stdout
        self.assertIn("POST /my-dag: 450ms\n", said)
        lines = [line.split() for line in said.split("\n\n")[0].splitlines()[2:]]
        self.assertEqual(lines, [
            ["0s", "450ms", "*", "dag"],
            ["0s", "100ms", "preprocessor"],
            ["0s", "150ms", "*", "avg_preprocessor"],
            ["150ms", "450ms", "*", "combiner.run"],
            ["150ms", "450ms", "*", "m1.forward"],
            ["150ms", "450ms", "*", "m2.forward"]])
        self.assertRegex(said, r"Combiner\.run .*tutorial\.sg:31:\d+ for what was started")

    def test_compositions(self):
        said = explain(COMPOSED)
        self.assertEqual(path_of(said, "/both"), "40ms")
        self.assertEqual(path_of(said, "/choice"), "10ms to 30ms")
        self.assertEqual(path_of(said, "/guard"), "15ms to 45ms")
        self.assertEqual(path_of(said, "/loop"), "41ms to 74ms")
        self.assertEqual(path_of(said, "/ends"), "10ms to 20ms+")
        part = said.split("GET /loop")[1].split("\n\n")[0]
        for line in r"\* +loop\n", r"\* +round\n", r"\* +round \(as above\)\n":
            self.assertRegex(part, line)

    def test_what_bindings_and_arguments_say(self):
        self.assertEqual(path_of(self.said, "/hold"), "35ms")

    def test_what_depends_on_data(self):
        self.assertEqual(path_of(self.said, "/choice"), "0s to 100ms")
        self.assertEqual(path_of(self.said, "/unknown"), "70ms")
        self.assertRegex(path_of(self.said, "/loop"), r"^30ms to \d+ms\+$")
        self.assertEqual(path_of(self.said, "/light"), "0s")

    def settings(self, binding):
        block = re.search(rf"^  {re.escape(binding)} = .*\n((?:    .*\n)*)", self.said, re.M)[1]
        return {line.split()[0]: line.split(None, 1)[1] for line in block.splitlines()}

    def test_settings(self):
        h = self.settings("a.h")
        self.assertRegex(h["num_replicas"], r"^3 +deployment <stdin>:12$")
        self.assertRegex(h["max_ongoing_requests"], r"^9 +bind <stdin>:20$")
        self.assertRegex(h["max_queued_requests"], r"^1000 +default$")
        self.assertNotIn("autoscaling.max_replicas", h)
        light = self.settings("a.light")
        self.assertRegex(light["max_ongoing_requests"], r"^unlimited +compiler")
        self.assertRegex(self.settings("a.slow")["max_ongoing_requests"], r"^5 +default$")
        self.assertIn("  GET /hold\n    request_timeout ", self.said)

    def test_ids_and_names_still_work(self):
        self.assertIn("SG0301", run(SGC, "explain", "SG0301").stdout)
        self.assertIn("SG0301", run(SGC, "explain", "wrong-type").stdout)
        self.assertEqual(run(SGC, "explain", "SG9999").returncode, 2)

    def test_a_wrong_program(self):
        done = run(SGC, "explain", "-", input="app a {\n  graph g(x: int) -> int = y\n}\n")
        self.assertEqual((done.returncode, done.stdout), (1, ""))


if __name__ == "__main__":
    unittest.main()
