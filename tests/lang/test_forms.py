"""Diagnostics in their forms: JSON and GitHub say what people read."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, run

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(HERE.glob("*/*.sg"))
ROW = re.compile(r"^DIAG\((\d+), (\w+),\s*SEVERITY_(\w+),", re.M)


def diagnostics(path, *options, env=None):
    done = subprocess.run([SGC, "check", *options, path.name], cwd=path.parent,
                          capture_output=True, timeout=60, env=env)
    return done.stderr.decode("utf-8")


class Forms(unittest.TestCase):
    def test_json_agrees_with_the_source(self):
        seen = 0
        for path in CASES:
            source = path.read_bytes()
            for line in diagnostics(path, "--json").splitlines():
                record = json.loads(line)
                for place in [record, *record["notes"]]:
                    if place.get("file") != path.name:
                        continue
                    seen += 1
                    before = source[:place["start"]]
                    self.assertEqual(place["line"], before.count(b"\n") + 1)
                    self.assertLessEqual(place["start"], place["end"])
                    self.assertLessEqual(place["end"], len(source))
                    if b"\xff" not in source and path.stem != "invalid_utf8":
                        column = len(before.split(b"\n")[-1].decode()) + 1
                        self.assertEqual(place["column"], column, path)
        self.assertGreater(seen, 100)

    def test_all_forms_have_the_same_records(self):
        for path in CASES:
            records = [json.loads(l) for l in diagnostics(path, "--json").splitlines()]
            human = diagnostics(path)
            github = diagnostics(path, "--github").splitlines()
            self.assertEqual(len(re.findall(r"\[SG\d{4} [a-z0-9-]+\]$", human, re.M)),
                             len(records), path)
            self.assertEqual(len(github), len(records), path)
            for line, record in zip(github, records):
                self.assertIn(f",line={record['line']},col={record['column']},", line)
                self.assertIn(f"title={record['id']}::", line)

    def test_sorted(self):
        for path in CASES:
            places = [(r.get("file", ""), r.get("start", 0)) for r in
                      map(json.loads, diagnostics(path, "--json").splitlines())
                      if r.get("file") == path.name]
            self.assertEqual(places, sorted(places), path)

    def test_marks_stand_below_what_they_mark(self):
        text = diagnostics(HERE / "syntax/three_errors.sg")
        lines = text.splitlines()
        at = lines.index("    2 | type Pair = { a: int, b int }")
        self.assertEqual(lines[at][lines[at + 1].index("^"):][:3], "int")

    def test_colours_on_request_only(self):
        path = HERE / "syntax/three_errors.sg"
        self.assertNotIn("\033", diagnostics(path))
        coloured = diagnostics(path, "--color=always")
        self.assertIn("\033[", coloured)
        self.assertEqual(re.sub(r"\033\[[0-9;]*m", "", coloured), diagnostics(path))

    def test_nothing_in_a_source_reaches_the_terminal(self):
        done = run(SGC, "check", "-", input="fn f() = \033[31m x \x07 \u202e y\n")
        self.assertEqual(done.returncode, 1)
        self.assertFalse(set("\033\x07\u202e") & set(done.stderr))

    def test_every_diagnostic_has_a_page(self):
        rows = ROW.findall((ROOT / "grammar/defs/diags.def").read_text())
        self.assertGreater(len(rows), 100)
        numbers = [int(number) for number, _, _ in rows]
        self.assertEqual(numbers, sorted(set(numbers)))
        for number, name, severity in rows:
            by_number = run(SGC, "explain", f"SG{int(number):04d}")
            by_name = run(SGC, "explain", name.replace("_", "-"))
            self.assertEqual((by_number.returncode, by_name.returncode), (0, 0), name)
            self.assertEqual(by_number.stdout, by_name.stdout)
            self.assertIn(severity.lower(), by_number.stdout)
            self.assertGreater(len(by_number.stdout.splitlines()), 2, name)
        self.assertEqual(run(SGC, "explain", "SG9999").returncode, 2)


if __name__ == "__main__":
    unittest.main()
