"""The documentation's programs compile and pass, and its tables are up to date."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, run

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def programs():
    """(page:line, what stands behind ```sg, the program)"""
    for page in PAGES:
        text = page.read_text()
        for block in re.finditer(r"^```sg([^\n]*)\n(.*?)^```$", text, re.M | re.S):
            line = text.count("\n", 0, block.start()) + 1
            yield f"{page.relative_to(ROOT)}:{line}", block[1].strip(), block[2]


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

    def test_links(self):
        """Links between pages lead somewhere."""
        dead = []
        for page in PAGES:
            text = re.sub(r"`[^`\n]*`", "", page.read_text())
            for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
                if not target.startswith("http") and not (page.parent / target).exists():
                    dead.append(f"{page.name}: {target}")
        self.assertEqual(dead, [])


if __name__ == "__main__":
    unittest.main()
