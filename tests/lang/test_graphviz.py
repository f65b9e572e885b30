"""Pictures: whatever compiles can be drawn, and says what it should."""
import html
import re
import subprocess
import unittest

from support import ROOT, SGC, run

PROGRAMS = sorted([*(ROOT / "tests/lang/run").glob("*.sg"),
                   *(ROOT / "examples").glob("*/*.sg")])
TUTORIAL = ROOT / "examples/tutorial/tutorial.sg"

STRANGE = r'''
/// Says "hi" & <b>more</b>, \ and {}
/// on two lines; naïve — ok
deployment strange(x: map [{ a: int, b: str?, c: (int, "x<y" | "a\"b" | "&") }]) -> { ok: bool } {
  return { ok: true }
}

/// An app's "own" words
app `odd` at "/odd" {
  /// a <graph>
  graph g(x: map [{ a: int, b: str?, c: (int, "x<y" | "a\"b" | "&") }]) -> { ok: bool } = strange(x)
  /// a "route"
  route POST "/{rest:path}" (rest: str, x: map [{ a: int, b: str?, c: (int, "x<y" | "a\"b" | "&") }]) -> g(x)
}
'''.replace("`", "")


ROUTES = '''
deployment a(x: int) -> int = x
deployment b(x: int) -> step int = if x > 3 then end_loop(x) else respond(x)
deployment Own(m: a) { fn run(x: int) -> int = (m | a)(x) }
app r {
  bind own = Own(a)
  route GET "/a" -> a | a
  route GET "/b" (x: int, n: int) -> loop(a, loop(b, max_iter: n), max_iter: 1)(x)
  route POST "/c" (xs: [int]) -> [(a | own)(x) for x in xs]
}
'''


def picture(*args, **more):
    done = run(SGC, *args, **more)
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


class Pictures(unittest.TestCase):
    def renders(self, text):
        done = subprocess.run(["dot", "-Tsvg"], input=text, text=True,
                              capture_output=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("<svg", done.stdout)
        return html.unescape(done.stdout)

    def test_all_programs(self):
        drawn = 0
        for path in PROGRAMS:
            if run(SGC, "check", path).returncode:
                continue
            with self.subTest(str(path)):
                text = picture("--graphviz", path)
                self.assertEqual(text, picture("--graphviz", path))
                self.renders(text)
                drawn += 1
        self.assertGreater(drawn, 3)

    def test_the_tutorial(self):
        text = picture("--graphviz", TUTORIAL)
        svg = self.renders(text)
        self.assertIn("×2", svg)                                # replicas
        self.assertIn("Reads one number from text.", svg)       # `///` is a tooltip
        self.assertEqual(text.count("subgraph cluster_a"), 1)
        self.assertEqual(text.count("style=dashed arrowhead"), 2)  # handles
        for label in "int", "float", "str", "[float]":
            self.assertIn(f'label="{label}"', text)
        for path in "/my-dag", "/ndarray", "/image":
            self.assertIn(f">{path}<", svg)

    def test_compositions(self):
        text = picture("--graphviz", ROOT / "examples/agents/agents.sg")
        svg = self.renders(text)
        self.assertIn("loop, at most 6 rounds", svg)
        names = dict(re.findall(r"^ +(\w+) \[ label=(?:\"|<)([^\"<>]*)", text, re.M))
        name = lambda node: names.get(node) or node.rsplit("_", 1)[1]
        edges = {(name(a), name(b), label) for a, b, label in
                 re.findall(r'^ +(\w+) -> (\w+) \[(?: label="(.*?)")?', text, re.M)}
        for edge in (("guard", "next?", "str"), ("next?", "to_finding", "str"),
                     ("next?", "result", "respond"), ("to_finding", "in", "Finding"),
                     ("agent1", "agent2", "Finding"), ("next?", "again?", "Finding"),
                     ("next?", "out", "end_loop"), ("again?", "in", "again"),
                     ("out", "pick", "Finding"), ("pick", "brief", "brief"),
                     ("pick", "report", "report"), ("words", "join_all", "int")):
            self.assertIn(edge, edges)
        part = picture("--graphviz=my_multiagent_app.runner", ROOT / "examples/agents/agents.sg")
        self.assertIn("loop, at most 6 rounds", self.renders(part))

    def test_routes_of_compositions(self):
        text = picture("--graphviz", "-", input=ROUTES)
        self.renders(text)
        self.assertEqual(len(re.findall(r"cluster_r\dc0 {", text)), 3)
        self.assertRegex(text, r"r0 -> r0c0_in")

    def test_elements_of_comprehensions(self):
        """What they call has an arrow from `for each`, once, and stands outside of the graph."""
        text = picture("--graphviz", "-", input="""
deployment length(x: str) -> int = len(x)
deployment both(x: str, n: int) -> int = len(x) + n
app a {
  graph g(xs: [str]) -> int {
    let ns = [both(x, length(x)) + length(x) for x in xs limit 2]
    return sum([n * 2 for n in ns])
  }
  route GET "/" (xs: [str] in query) -> g(xs)
}
""")
        nodes = re.findall(r"^ *(\w+) \[ label=[<\"](both|length|for each)", text, re.M)
        ids = {name: node for node, name in nodes}
        self.assertEqual(len(nodes), 3)
        calls = re.findall(r"(\w+) -> (\w+) \[ label=\"(str.*?|int)\"", text)
        for name, types in (("both", "str, int"), ("length", "str")):
            self.assertEqual([c[2] for c in calls if c[1] == ids[name]], [types])
        self.renders(text)

    def test_a_part(self):
        whole = picture("--graphviz=tutorial", TUTORIAL)
        self.assertEqual(whole, picture("--graphviz", TUTORIAL))
        part = picture("--graphviz=tutorial.dag", TUTORIAL)
        self.renders(part)
        self.assertNotIn("/ndarray", part)
        self.assertIn("avg_preprocessor", part)

    def test_no_such_part(self):
        for part in "nothing", "tutorial.nothing", "", ".", "tutorial.":
            done = run(SGC, f"--graphviz={part}", TUTORIAL)
            self.assertEqual(done.returncode, 1, part)
            self.assertIn("APP or APP.GRAPH", done.stderr)

    def test_strange_texts(self):
        text = picture("--graphviz", "-", input=STRANGE)
        svg = self.renders(text)
        self.assertIn("naïve — ok", svg)
        self.assertIn('Says "hi" & <b>more</b>, \\ and {}', svg)


if __name__ == "__main__":
    unittest.main()
