"""Pictures: whatever compiles can be drawn, and says what it should."""
import html
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
