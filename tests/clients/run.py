"""Lets clients that others wrote talk to a server, each in a file of its own, and
closes with one line, `N passed, N failed`.

usage: tests/clients/run.py [NAME]...    names of tests or files, as unittest has them
"""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
sys.dont_write_bytecode = True


def main():
    names = sys.argv[1:] or sorted(p.stem for p in HERE.glob("with_*.py"))
    tests = unittest.defaultTestLoader.loadTestsFromNames(names)
    done = unittest.TextTestRunner(verbosity=2).run(tests)
    bad = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - bad - len(done.skipped)} passed, {bad} failed")
    return 1 if bad or not done.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
