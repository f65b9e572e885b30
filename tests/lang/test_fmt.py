"""sgc fmt: one form, the same program. tests/lang/fmt/NAME.sg has its form in
NAME.expect; `python3 tests/lang/test_fmt.py --update` writes those anew."""
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]),
                str(pathlib.Path(__file__).resolve().parent)]
from support import LONG, ROOT, SGC, run
from layouts import Layout, comments, lengthen

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted((HERE / "fmt").glob("*.sg"))
# Texts whose layout is what they are about, or which are not whole.
ODD = ("tests/lang/syntax/", "tests/lang/fmt/", "tests/lang/check/", "tests/fuzz/")
KEYWORDS = set(re.findall(r'"(\w+)"', (ROOT / "grammar/text/keywords.def").read_text()))
KEYWORDS |= {"batch", "multiplex"}  # what stands before a fn


def tree():
    done = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.sg", cwd=ROOT)
    return [ROOT / p for p in done.stdout.splitlines() if (ROOT / p).exists()]


def sgc(text, *args):
    done = subprocess.run([SGC, *args], input=text.encode(), capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def read(path):
    with open(path, newline="", encoding="utf-8", errors="replace") as f:
        return re.sub(r'^(\s*)use "[^"]*"', r"\1use other", f.read(), flags=re.M)


def ast(text):
    status, out, err = sgc(text, "--dump=ast", "-")
    return re.sub(r" @\d+-\d+$", "", out, flags=re.M)


def formatted(text):
    status, out, err = sgc(text, "fmt", "-")
    return out if status == 0 else None


@functools.cache
def programs():
    """The texts of the tree that are read without errors."""
    texts = {p: read(p) for p in tree()}
    return {p: t for p, t in texts.items() if formatted(t) is not None}


def some():
    """A part of them; in the long form, all."""
    return dict(list(programs().items())[::1 if LONG else 4])


class Form(unittest.TestCase):
    maxDiff = None

    def same(self, text, base, where):
        """What comes of a text with the tree `base`."""
        out = formatted(text)
        self.assertIsNotNone(out, where)
        self.assertEqual(ast(out), base, where)
        self.assertEqual(comments(out), comments(text), where)
        self.assertEqual(formatted(out), out, where)
        return out

    def test_every_program(self):
        self.assertGreater(len(programs()), 60)
        for path, text in programs().items():
            out = self.same(text, ast(text), path)
            self.assertNotRegex(out, r"[ \t\r]\n(?!.*\"\"\")|\n\n\n|^\n|\n\n$|\n *\t")

    def test_the_tree_is_formatted(self):
        odd = [str(ROOT / p) for p in ODD]
        here = [p for p in tree() if not str(p).startswith(tuple(odd))]
        self.assertGreater(len(here), 25)
        done = run(SGC, "fmt", "--check", *here)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_programs_of_the_documentation(self):
        seen = 0
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
            for block in re.findall(r"^```sg\n(.*?)^```$", page.read_text(), re.M | re.S):
                seen += 1
                self.assertEqual(formatted(block), block, page)
        self.assertGreater(seen, 10)

    def test_other_layouts(self):
        """The same words in layouts that nobody would write."""
        tried = used = 0
        for path, text in some().items():
            base = ast(text)
            for seed in range(12 if LONG else 1):
                layout = Layout(f"{path.name} {seed}", (1.0, 0.2, 0.6)[seed % 3]).of(text)
                tried += 1
                if ast(layout) == base:
                    used += 1
                    self.same(layout, base, f"{path} {seed}\n{layout}")
        self.assertGreater(used, tried * 0.9)

    def test_long_lines(self):
        """With long names everything has to be broken, and no line stays long that
        has a place for it."""
        seen = 0
        for path, text in some().items():
            for by in ((5, 20, 60) if LONG else (20,)):
                longer = lengthen(text, by, KEYWORDS)
                if formatted(longer) is None:
                    continue  # a name that was more
                seen += 1
                out = self.same(longer, ast(longer), path)
                seed = Layout(f"{path.name} {by}", 0.3).of(longer)
                if ast(seed) == ast(longer):
                    self.same(seed, ast(longer), path)
                if by == 5 and "fmt" not in path.parts:
                    wide = [l for l in out.splitlines() if len(l.split("//")[0]) > 120
                            and '"' not in l]
                    self.assertEqual(wide, [], path)
        self.assertGreater(seen, len(some()) * 0.8)

    def test_layouts_that_are_lost(self):
        """Blanks and line breaks in brackets leave no trace but those breaks."""
        text = "type A = { a: int, b: [str](max_items: 3) = [] }\nfn f(x: A) -> int = x.a + len(x.b)\n"
        spread = re.sub(r"([(){}\[\],:+=.]|->)", r"  \1\t", text)
        self.assertEqual(formatted(spread), text)

    def test_windows(self):
        text = "fn f() -> str {\r\n  // one\r\n  return \"\"\"a\r\nb\"\"\" /* x\r\n  y */\r\n}\r\n"
        out = self.same(text, ast(text), text)
        self.assertNotIn("\r", out)
        self.assertEqual(formatted("\ufefffn f() -> int = 1\r\n\r\n"), "fn f() -> int = 1\n")

    def test_nothing(self):
        for text in ("", "\n", "\n\n \t\n", "\ufeff"):
            self.assertEqual(formatted(text), "")
        self.assertEqual(formatted("  // x  \n\n\n"), "// x\n")
        self.assertEqual(formatted("/* x */"), "/* x */\n")

    def test_deep_and_wide(self):
        deep = "fn f() -> int = " + "(" * 150 + "1" + ")" * 150 + "\n"
        self.same(deep, ast(deep), "deep")
        wide = "fn f() -> [int] = [" + ", ".join(str(i) for i in range(20000)) + "]\n"
        out = self.same(wide, ast(wide), "wide")
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        chain = "fn f(x: int) -> int = " + " + ".join(["x * 2"] * 400) + "\n"
        self.same(chain, ast(chain), "chain")
        many = "".join(f"fn f{i}(x: int) -> int {{ return x+{i} }} // {i}\n" for i in range(5000))
        self.same(many, ast(many), "many")
        nested = "fn f() {\n" + "if true {\n" * 90 + "}\n" * 90 + "}\n"
        self.same(nested, ast(nested), "nested")


def case(path):
    def test(self):
        text = read(path)
        out = self.same(text, ast(text), path)
        self.assertEqual(out, path.with_suffix(".expect").read_text())
    return test


for _path in CASES:
    setattr(Form, f"test_case_{_path.stem}", case(_path))


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "a.sg"
        self.path.write_text(UGLY)

    def fmt(self, *args, **more):
        done = run(SGC, "fmt", *args, cwd=self.folder, **more)
        return done.returncode, done.stdout, done.stderr

    def names(self):
        return sorted(p.name for p in self.folder.iterdir())

    def test_in_place(self):
        self.path.chmod(0o751)
        self.assertEqual(self.fmt("a.sg"), (0, "", ""))
        self.assertEqual(self.path.read_text(), NEAT)
        self.assertEqual(self.path.stat().st_mode & 0o7777, 0o751)
        self.assertEqual(self.names(), ["a.sg"])

    def test_what_is_neat_is_not_written(self):
        self.path.write_text(NEAT)
        os.utime(self.path, (5, 5))
        before = self.path.stat()
        self.assertEqual(self.fmt("a.sg"), (0, "", ""))
        self.assertEqual((self.path.stat().st_ino, self.path.stat().st_mtime), (before.st_ino, 5))

    def test_links_stay(self):
        (self.folder / "link.sg").symlink_to("a.sg")
        self.assertEqual(self.fmt("link.sg")[0], 0)
        self.assertTrue((self.folder / "link.sg").is_symlink())
        self.assertEqual(self.path.read_text(), NEAT)

    def test_input_and_output(self):
        self.assertEqual(self.fmt("-", input=UGLY), (0, NEAT, ""))
        self.assertEqual(self.fmt("--stdin", input=UGLY), (0, NEAT, ""))
        status, out, err = self.fmt("-", input="fn (")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("<stdin>:1:4: error:", err)

    def test_check(self):
        (self.folder / "b.sg").write_text(NEAT)
        self.assertEqual(self.fmt("--check", "a.sg", "b.sg"), (1, "a.sg\n", ""))
        self.assertEqual(self.fmt("--check", "b.sg"), (0, "", ""))
        self.assertEqual(self.fmt("--check", "-", input=UGLY), (1, "<stdin>\n", ""))
        self.assertEqual(self.path.read_text(), UGLY)

    def test_diff(self):
        (self.folder / "b.sg").write_text(NEAT)
        status, out, err = self.fmt("--diff", "a.sg", "b.sg")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(self.path.read_text(), UGLY)
        self.assertTrue(out.startswith("--- a.sg\n+++ a.sg\n@@ -1,"))
        self.assertEqual(self.fmt("--diff", "--check", "a.sg"), (1, out, ""))
        self.assertEqual(self.fmt("--diff", "--check", "b.sg"), (0, "", ""))
        self.assertEqual(patched(UGLY, out), NEAT)

    def test_differences(self):
        """Patches give what would have been written, wherever they change something."""
        for path, text in some().items():
            for seed in range(2 if LONG else 1):
                layout = Layout(f"{path.name} {seed}", (0.02, 0.5)[seed]).of(text)
                out = formatted(layout)
                if out is None:
                    continue
                status, diff, err = sgc(layout, "fmt", "--diff", "-")
                self.assertEqual(status, 0)
                self.assertEqual(patched(layout, diff), out, path)

    def test_folders(self):
        inner = self.folder / "x" / "y"
        inner.mkdir(parents=True)
        hidden = self.folder / ".git"
        hidden.mkdir()
        (self.folder / "round").symlink_to(".")
        for p in (inner / "b.sg", inner / "c.txt", hidden / "d.sg"):
            p.write_text(UGLY)
        self.assertEqual(self.fmt("--check", "."), (1, "./a.sg\n./x/y/b.sg\n", ""))
        self.assertEqual(self.fmt("."), (0, "", ""))
        self.assertEqual((inner / "b.sg").read_text(), NEAT)
        self.assertEqual((inner / "c.txt").read_text(), UGLY)
        self.assertEqual((hidden / "d.sg").read_text(), UGLY)
        self.assertEqual(self.fmt("--check", "."), (0, "", ""))

    def test_errors_leave_the_file_alone(self):
        wrong = UGLY + "fn ( {\n"
        (self.folder / "b.sg").write_text(wrong)
        status, out, err = self.fmt("b.sg", "missing.sg", "a.sg")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("b.sg:", err)
        self.assertIn("cannot read missing.sg: No such file", err)
        self.assertEqual((self.folder / "b.sg").read_text(), wrong)
        self.assertEqual(self.path.read_text(), NEAT)  # the others are formatted

    def test_names_and_types_do_not_matter(self):
        """Only syntax does: what is used elsewhere, or wrong, is formatted too."""
        self.assertEqual(self.fmt("-", input='use "./gone.sg"\nlet=nothing\n')[0], 1)
        status, out, err = self.fmt("-", input='use "./gone.sg"\nfn f()->Gone=gone+1')
        self.assertEqual((status, out), (0, 'use "./gone.sg"\nfn f() -> Gone = gone + 1\n'))

    def test_no_right_to_write(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        self.folder.chmod(0o555)
        status, out, err = self.fmt("a.sg")
        self.folder.chmod(0o755)
        self.assertEqual(status, 1)
        self.assertIn("cannot write a.sg: Permission denied", err)
        self.assertEqual(self.path.read_text(), UGLY)

    def test_usage(self):
        self.assertEqual(self.fmt()[0], 2)


UGLY = """fn  f( x :int )->int{
      // one
   return x+1}


\tfn g() -> int = f( 2 ) // two
"""
NEAT = """fn f(x: int) -> int {
  // one
  return x + 1
}

fn g() -> int = f(2)  // two
"""


def patched(text, diff):
    """The text after a unified diff, by its own numbers."""
    lines, out, at = text.splitlines(keepends=True), [], 0
    lines = re.findall(r"[^\n]*\n|[^\n]+$", text)
    rows = re.findall(r"[^\n]*\n", diff)
    for row in rows:
        head = re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n", row)
        if head:
            start = int(head[1]) - (head[2] != "0")
            out += lines[at:start]
            at = start
            assert len(out) == int(head[3]) - (head[4] != "0"), row
        elif row[0] == "\\":
            last = out if out_last else None
            if last:
                last[-1] = last[-1][:-1]
        elif row.startswith(("--- ", "+++ ")) and at == 0 and not out:
            continue
        elif row[0] == "+":
            out.append(row[1:])
            out_last = True
        else:
            assert lines[at].rstrip("\n") == row[1:].rstrip("\n"), (lines[at], row)
            if row[0] == " ":
                out.append(lines[at])
            out_last = row[0] == " "
            at += 1
    return "".join(out + lines[at:])


if __name__ == "__main__":
    if "--update" in sys.argv:
        for _path in CASES:
            _path.with_suffix(".expect").write_text(formatted(read(_path)) or "")
    else:
        unittest.main()
