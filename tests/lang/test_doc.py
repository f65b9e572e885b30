"""sgc doc: what it says of programs, as Markdown and as HTML. tests/lang/doc/NAME.sg
has NAME.md beside it; `python3 tests/lang/test_doc.py --update` writes those anew."""
import html.parser
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, run

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted((HERE / "doc").glob("*.sg"))
SHOP = HERE / "doc/shop.sg"
VOID = {"meta", "br", "hr", "img", "link"}


def doc(*args, **more):
    return run(SGC, "doc", *args, **more)


class Page(html.parser.HTMLParser):
    """A page whose tags are balanced: its texts, links, anchors."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.texts, self.tags = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if "svg" not in self.open and "id" in given:
            self.ids.append(given["id"])
        if "href" in given:
            self.links.append(given["href"])
        assert not any(name.startswith("on") for name in given), given

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        if "style" not in self.open and "svg" not in self.open:
            self.texts.append(data)


class Doc(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def text(self, *args, **more):
        done = doc(*args, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_cases(self):
        self.assertTrue(CASES)
        for path in CASES:
            self.assertEqual(self.text(path), path.with_suffix(".md").read_text())

    def test_every_example(self):
        """All that is declared is in it; links lead somewhere."""
        seen = 0
        for path in sorted((ROOT / "examples").glob("*/*.sg")):
            done = doc("--html", path)
            if done.returncode:
                self.assertEqual(run(SGC, "check", path).returncode, 1)
                continue
            seen += 1
            page = Page(done.stdout)
            said = "".join(page.texts)
            markdown = self.text(path)
            source = path.read_text()
            for name in re.findall(r"^(?:type|deployment|fn|app) (\w+)", source, re.M):
                self.assertIn(name, said)
                self.assertIn(name, markdown)
            for method, tail in re.findall(r'^  route (\w+) +"([^"]*)"', source, re.M):
                self.assertRegex(said, rf"{method} \S*{re.escape(tail.rstrip('/'))}")
                self.assertRegex(markdown, rf"{method} \S*{re.escape(tail.rstrip('/'))}")
            for text in re.findall(r"^ */// (.*)", source, re.M):
                self.assertIn(text, markdown)
            self.assertEqual(len(page.ids), len(set(page.ids)))
            for link in page.links:
                self.assertIn(link.removeprefix("#"), page.ids)
        self.assertGreater(seen, 8)

    def test_a_page_needs_no_other(self):
        out = self.text("--html", SHOP)
        page = Page(out)
        self.assertNotIn("script", page.tags)
        self.assertNotIn("b", page.tags)      # of the program's own text
        self.assertNotIn("title", page.tags[8:20])
        self.assertNotRegex(out.split("<body>")[1].replace("http://www.w3.org/", ""), r"https?://")
        self.assertIn("<b>coffee</b> & cake", "".join(page.texts))

    def test_pictures(self):
        if not shutil.which("dot"):
            self.skipTest("no Graphviz here")
        page = Page(self.text("--html", SHOP))
        self.assertEqual(page.tags.count("svg"), 2)
        bare = self.text("--html", SHOP, env={**os.environ, "PATH": str(self.folder)})
        self.assertNotIn("<svg", bare)
        Page(bare)
        for broken in ("exit 1", "echo nonsense", "kill -9 $$", "cat >/dev/null; echo '<svg'; exit 3"):
            dot = self.folder / "dot"
            dot.write_text(f"#!/bin/sh\n{broken}\n")
            dot.chmod(0o755)
            out = self.text("--html", SHOP, env={**os.environ, "PATH": f"{self.folder}:/bin"})
            self.assertEqual(out, bare)

    def test_output(self):
        target = self.folder / "shop.html"
        self.assertEqual(self.text("-o", target, SHOP), "")
        self.assertEqual(target.read_text(), self.text("--html", SHOP))
        other = self.folder / "shop.md"
        self.assertEqual(self.text("-o", other, SHOP), "")
        self.assertEqual(other.read_text(), self.text("--markdown", SHOP))
        self.assertEqual(self.text("--markdown", "-o", target, SHOP), "")
        self.assertEqual(target.read_text(), other.read_text())

    def test_errors(self):
        wrong = self.folder / "wrong.sg"
        wrong.write_text("app a { route GET \"/\" -> nothing }\n")
        target = self.folder / "doc.html"
        target.write_text("before")
        done = doc(wrong, "-o", target)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(target.read_text(), "before")
        done = doc(SHOP, "-o", self.folder / "no/where.html")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)
        self.assertEqual(doc().returncode, 2)

    def test_hostile_texts(self):
        """Whatever a program says, the page is whole."""
        texts = ["</style></pre><script>x</script>", "`unclosed", "** * ` `` ```", "```\ncode < 1",
                 "    indented\n\ttab", "- a\n- b\n  more\n\nend", "|||", "&amp; &lt;", "\\", "é 漢 🎉",
                 "*a* **b** `c` ``d`e``", "-", "*", "- `x\n```\n- y", "{x} %s %n"]
        for text in texts:
            lines = "".join(f"/// {line}\n" for line in text.split("\n"))
            title = text.split("\n")[0].replace("\\", "\\\\").replace('"', "'").replace("{", "(")
            path = self.folder / "x.sg"
            path.write_text(f"// {lines}{lines}fn f() -> int = 1\n{lines}type T = {{ a: int }}\n"
                            f"test \"{title}\" {{ assert f() == 1 }}\n")
            page = Page(self.text("--html", path))
            self.assertNotIn("script", page.tags)
            self.text("--markdown", path)

    def test_without_anything(self):
        path = self.folder / "nothing.sg"
        path.write_text("")
        self.assertEqual(self.text(path), "# nothing\n")
        Page(self.text("--html", path))


if __name__ == "__main__":
    if "--update" in sys.argv:
        for _path in CASES:
            _path.with_suffix(".md").write_text(doc(_path).stdout)
    else:
        unittest.main()
