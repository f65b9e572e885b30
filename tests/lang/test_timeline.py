"""What a failing test of a program shows of its calls (timeline/*.sg).

`python3 tests/lang/test_timeline.py --update` writes what is printed now."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, run

HERE = pathlib.Path(__file__).resolve().parent / "timeline"


def printed(path):
    return run(SGC, "test", path.name, cwd=path.parent).stdout


class Timeline(unittest.TestCase):
    def test_as_it_is_written_down(self):
        self.maxDiff = None
        for path in HERE.glob("*.sg"):
            with self.subTest(path.stem):
                self.assertEqual(printed(path), path.with_suffix(".expect").read_text())

    def test_what_passes_shows_none(self):
        done = run(SGC, "test", "-", input="deployment f(x: int) -> int = x\n"
                                           "app a { graph g(x: int) -> int = f(x) }\n"
                                           'test "t" { assert a.g(1) == 1 }\n')
        self.assertEqual(done.stdout, "ok t\n1 passed, 0 failed\n")


if __name__ == "__main__":
    if "--update" in sys.argv:
        for source in HERE.glob("*.sg"):
            source.with_suffix(".expect").write_text(printed(source))
    else:
        unittest.main()
