"""The libraries: every function has a text and an example that holds."""
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from docs_tables import libraries, members
from support import ROOT, SGC, run


def examples(doc):
    return [line.strip() for line in doc.splitlines() if line.startswith("    ")]


def program(library):
    """A test for each example."""
    lines = [f"use {name}" for name in libraries()]
    for name, _, doc in members(library):
        for number, example in enumerate(examples(doc), 1):
            lines += [f'test "{library}.{name} {number}" {{', f"  assert {example}", "}"]
    return "\n".join(lines) + "\n"


class Libraries(unittest.TestCase):
    def test_there_are_some(self):
        self.assertIn("text", libraries())
        self.assertIn("list", libraries())

    def test_every_library_has_its_section(self):
        page = (ROOT / "docs/stdlib.md").read_text()
        for library in libraries():
            with self.subTest(library):
                self.assertTrue(f"\n## {library}\n\n<!-- table: library {library} -->" in page)

    def test_every_function_is_described(self):
        for library in libraries():
            for name, signature, doc in members(library):
                with self.subTest(f"{library}.{name}"):
                    about = doc.split("\n")[0]
                    self.assertRegex(about, r"^[A-Z`\d].*[.:]$", "a sentence, please")
                    self.assertTrue(signature)
                    # What a deployment does depends on files, and what is done with tensors has tests of its own.
                    without = signature.startswith(("type", "deployment")) or "." in name or "tensor" in signature
                    self.assertTrue(examples(doc) or without, "no example")

    def test_examples_hold(self):
        for library in libraries():
            if 'test "' not in program(library):
                continue
            with self.subTest(library), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "examples.sg"
                path.write_text(program(library))
                done = run(SGC, "test", path)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, r"(?m)^[1-9]\d* passed, 0 failed$")

    def test_a_wrong_example_would_be_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "examples.sg"
            path.write_text(program("list").replace("== 16", "== 17"))
            done = run(SGC, "test", path)
            self.assertIn("list.fold 1", done.stdout + done.stderr)
            self.assertRegex(done.stdout, r", 1 failed")


if __name__ == "__main__":
    unittest.main()
