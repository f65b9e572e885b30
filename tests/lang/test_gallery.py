"""The gallery of wrong programs: tests/lang/*/NAME.sg and what sgc says of it.

NAME.expect holds the answer: the exit status, standard output, standard error.
The first line of a program may give other arguments than `check`:

    // sgc: --dump=ast

`python3 tests/lang/test_gallery.py --update [TEXT]` writes the expectations anew
(of the cases whose path holds TEXT); look at the difference before committing.
"""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(p for p in HERE.glob("*/*.sg") if p.parent.name not in ("run", "import", "fmt", "doc", "timeline"))


def arguments(path):
    first = path.read_bytes().split(b"\n")[0].decode("utf-8-sig", "replace")
    if first.startswith("// sgc: "):
        return first[len("// sgc: "):].split()
    return ["check"]


def answer(path):
    done = subprocess.run([SGC, *arguments(path), path.name], cwd=path.parent,
                          capture_output=True, timeout=60)
    out = done.stdout.decode("utf-8", "replace")
    err = done.stderr.decode("utf-8", "replace")
    if done.returncode < 0:  # which no expectation may hold
        raise AssertionError(f"{path}: sgc was killed by signal {-done.returncode}")
    return f"exit {done.returncode}\n{out}{err}"


class Gallery(unittest.TestCase):
    maxDiff = None

    def test_there_are_cases_and_no_orphans(self):
        self.assertGreater(len(CASES), 30)
        for expect in HERE.glob("*/*.expect"):
            self.assertTrue(expect.with_suffix(".sg").exists(), expect)


def case(path):
    def test(self):
        self.assertEqual(path.with_suffix(".expect").read_text(), answer(path))
    return test


for case_path in CASES:
    name = f"test_{case_path.parent.name}_{case_path.stem}"
    setattr(Gallery, name, case(case_path))


if __name__ == "__main__":
    if "--update" in sys.argv:
        wanted = sys.argv[sys.argv.index("--update") + 1:] or [""]
        for case_path in CASES:
            if any(w in str(case_path) for w in wanted):
                case_path.with_suffix(".expect").write_text(answer(case_path))
        sys.exit(0)
    unittest.main()
