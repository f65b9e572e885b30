#!/usr/bin/env python3
"""Runs the tests and closes with one line, `N passed, N failed`.

usage: tests/run.py [--build DIR] [--unit DIR]... [--long] [--only TEXT]

Unit tests are the programs tests/test_* of each --unit folder (cmocka, read as
TAP). All others are the Python files tests/*/test_*.py, each in a process of its
own, against the binaries of --build.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_unit(program):
    env = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP",
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    done = subprocess.run([str(program)], cwd=ROOT, env=env, text=True,
                          errors="replace", capture_output=True, timeout=1200)
    passed = len(re.findall(r"^ok ", done.stdout, re.M))
    failed = len(re.findall(r"^not ok ", done.stdout, re.M))
    skipped = len(re.findall(r"^ok .*# SKIP", done.stdout, re.M))
    if done.returncode and not failed:
        failed = 1
    if not passed and not failed:
        failed = 1  # a test program without a test
    return passed - skipped, failed, skipped, done.stdout + done.stderr


def run_python(path, build, long):
    env = {**os.environ, "SG_BUILD": str(build), "SG_LONG": "1" if long else "0",
           "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-W", "error::ResourceWarning", str(path)],
                          cwd=ROOT, env=env, text=True, errors="replace",
                          capture_output=True, timeout=4000)
    ran = re.search(r"^Ran (\d+) tests?", done.stderr, re.M)
    total = int(ran[1]) if ran else 0
    bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", done.stderr))
    skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", done.stderr))
    if done.returncode and not bad or not total:
        bad = max(bad, 1)
        total = max(total, 1)
    return max(total - bad - skipped, 0), bad, skipped, done.stdout + done.stderr


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", default="build")
    options.add_argument("--unit", action="append", default=[])
    options.add_argument("--long", action="store_true")
    options.add_argument("--only", default="")
    given = options.parse_args()
    jobs = []
    for folder in given.unit:
        for program in sorted((ROOT / folder / "tests").glob("test_*")):
            if os.access(program, os.X_OK) and not program.suffix:
                jobs.append((f"{folder}/tests/{program.name}", run_unit, (program,)))
    for path in sorted((ROOT / "tests").glob("*/test_*.py")):
        jobs.append((str(path.relative_to(ROOT)), run_python,
                     (path, given.build, given.long)))
    totals = [0, 0, 0]
    for name, how, what in jobs:
        if given.only not in name:
            continue
        begin = time.monotonic()
        try:
            *counts, text = how(*what)
        except subprocess.TimeoutExpired as late:
            counts, text = [0, 1, 0], f"no end after {late.timeout} s"
        totals = [a + b for a, b in zip(totals, counts)]
        print(f"{'FAIL' if counts[1] else 'ok  '} {name}: {counts[0]} passed, "
              f"{counts[1]} failed"
              f"{f', {counts[2]} skipped' if counts[2] else ''} ({time.monotonic() - begin:.1f} s)", flush=True)
        if counts[1]:
            print("    " + text[-6000:].replace("\n", "\n    "))
    if totals[2]:
        print(f"{totals[2]} skipped")
    print(f"{totals[0]} passed, {totals[1]} failed")
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
