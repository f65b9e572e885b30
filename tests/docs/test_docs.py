"""The documentation is right and whole: its programs compile and pass, its requests are answered as it says, and
every list that the programs read is in a table that is up to date."""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, Server, compile_plan, run

sys.path.insert(0, str(ROOT / "tests/tools"))
import docs_tables

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def programs():
    """(page:line, what stands behind ```sg, the program)"""
    for page in PAGES:
        text = page.read_text()
        for block in re.finditer(r"^```sg([^\n]*)\n(.*?)^```$", text, re.M | re.S):
            line = text.count("\n", 0, block.start()) + 1
            yield f"{page.relative_to(ROOT)}:{line}", block[1].strip(), block[2]


def requests():
    """(page:line, the program above it, curl's arguments, what is said of the answer) of commands that say it."""
    for page in PAGES:
        program = None
        for block in re.finditer(r"^```([^\n]*)\n(.*?)^```$", page.read_text(), re.M | re.S):
            if block[1] == "sg":
                program = block[2]
            for line in block[2].splitlines():
                words, _, said = line.partition("  # ")
                if words.startswith("curl ") and said and program:
                    yield f"{page.name}: {words}", program, shlex.split(words)[1:], said.strip()


def ask(server, words):
    """What curl does with -d and an address."""
    body = None
    if words[0] == "-d":
        body, words = words[1].encode(), words[2:]
    path = re.fullmatch(r"http://127\.0\.0\.1:8000(/.*)", words[0])[1]
    return server.request("POST" if body else "GET", path, body)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def wanted_tables():
    """A table for each list that a user meets."""
    places = {place.strip() for row in docs_tables.rows("kinds.def", "SETTING") for place in row[1].split("|")}
    yield from (f"settings {place}" for place in places - {"0"})
    yield from (f"library {name}" for name in docs_tables.libraries())
    yield from ("types", "limits", "sources", "adapters", "forms", "operators", "calls", "keywords", "units", "commands",
                "options compiler", "options runtime", "diagnostics")


class Docs(unittest.TestCase):
    def test_programs(self):
        ran = 0
        for where, kind, program in programs():
            with self.subTest(where), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "pipeline.sg"
                path.write_text(program)
                done = run(SGC, "check", path)
                if kind.startswith("error"):
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(kind.split()[1], done.stderr)
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("warning", done.stderr)
                if "\ntest " in program:
                    done = run(SGC, "test", path)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                ran += 1
        self.assertGreater(ran, 5)

    def test_tables(self):
        done = subprocess.run([sys.executable, ROOT / "tests/tools/docs_tables.py", "--check"],
                              text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_list_has_a_table(self):
        there = {name for page in PAGES for name in re.findall(r"<!-- table: ([^>]+?) -->", page.read_text())}
        self.assertEqual(sorted(set(wanted_tables()) - there), [])

    def test_requests(self):
        """What stands behind a curl as its answer is a status, or the body."""
        asked = 0
        for where, program, words, said in requests():
            with self.subTest(where), tempfile.TemporaryDirectory() as folder, \
                    Server(compile_plan(program, folder)) as server:
                status, _, body = ask(server, words)
                number = re.match(r"an? (\d{3})\b", said)
                self.assertEqual((status if number else body.decode()), int(number[1]) if number else said)
                asked += 1
        self.assertGreater(asked, 2)

    def test_picture_of_overload(self):
        """It is what the programs do: `make pictures` draws it anew."""
        done = subprocess.run([sys.executable, ROOT / "tests/bench/overload_picture.py", "--build", SGC[:-4]],
                              text=True, capture_output=True)
        self.assertEqual(done.stdout, (ROOT / "docs/overload.svg").read_text(), done.stderr)

    def test_links(self):
        """Links between pages lead somewhere, to a heading where they name one."""
        dead = []
        for page in PAGES:
            text = re.sub(r"`[^`\n]*`", "", page.read_text())
            for target, anchor in re.findall(r"\]\(([^)#]*?)(?:#([^)]*))?\)", text):
                to = page.parent / target if target else page
                if target.startswith("http"):
                    continue
                if not to.exists() or (anchor and anchor not in anchors(to)):
                    dead.append(f"{page.name}: {target}#{anchor}")
        self.assertEqual(dead, [])


if __name__ == "__main__":
    unittest.main()
