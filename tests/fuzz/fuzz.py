#!/usr/bin/env python3
"""Runs fuzz harnesses under libFuzzer and prints a line for each.

usage: tests/fuzz/fuzz.py [--seconds N] [--build DIR] [--jobs N] [NAME…]

A finding is made small and put into tests/fuzz/regress/NAME, where `make check`
replays it from then on; its report is printed, and the status is 1. What was
learnt about inputs stays in the build folder for the next run.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import places

LIMITS = ["-timeout=20", "-rss_limit_mb=2500"]


class Harness:
    def __init__(self, name, build):
        self.name = name
        self.program = build / f"fuzz_{name}"
        self.found = build / "found" / name
        self.crashes = build / "crash" / name
        self.log = build / f"{name}.log"
        self.inputs = places.folders(name, build)
        self.found.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.crashes, ignore_errors=True)
        self.crashes.mkdir(parents=True)

    def command(self, *options):
        words = places.dictionary(self.name)
        return [str(self.program), *LIMITS, f"-artifact_prefix={self.crashes}/",
                *([f"-dict={words}"] if words else []), *options]

    def run(self, seconds):
        """Runs for so long; the line that says how it went, and the finding or None."""
        begin = time.monotonic()
        with open(self.log, "wb") as log:
            done = subprocess.run(self.command(f"-max_total_time={seconds}",
                                               "-print_final_stats=1", str(self.found),
                                               *self.inputs), stdout=log, stderr=log)
        text = self.log.read_text(errors="replace")
        wall = time.monotonic() - begin
        counts = re.findall(r"number_of_executed_units: +(\d+)", text)
        edges = re.findall(r" cov: (\d+)", text)
        line = (f"{self.name}: {wall:.0f} s, {counts[-1] if counts else 'no'} inputs, "
                f"{edges[-1] if edges else 0} edges, ")
        if not done.returncode:
            return line + "nothing found", None
        findings = sorted(self.crashes.iterdir())
        return line + "FOUND", findings[0] if findings else self.log

    def shrink(self, finding):
        """The finding, as small as a minute makes it, in the regressions."""
        if finding == self.log:  # it did not even start
            return finding
        small = self.crashes / "small"
        if not finding.name.startswith(("timeout", "oom")):
            subprocess.run(self.command("-minimize_crash=1", "-max_total_time=60",
                                        f"-exact_artifact_path={small}", str(finding)),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not small.exists():
            small = finding
        data = small.read_bytes()
        to = places.regress(self.name) / hashlib.sha1(data).hexdigest()[:12]
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
        return to

    def report(self):
        text = self.log.read_text(errors="replace")
        begin = re.search(r"^.*(ERROR: |runtime error|Assertion|abort).*$", text, re.M)
        return text[begin.start() if begin else -3000:][:3000]


def fuzz(harness, seconds):
    line, finding = harness.run(seconds)
    print(line, flush=True)
    if finding:
        print(f"{harness.report()}\n{harness.name}: kept as {harness.shrink(finding)}",
              flush=True)
    return finding is None


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=600)
    options.add_argument("--build", default=str(places.ROOT / "build-fuzz/fuzz"))
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("names", nargs="*")
    given = options.parse_args()
    os.environ["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    build = pathlib.Path(given.build)
    harnesses = [Harness(name, build) for name in given.names or places.NAMES]
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        done = list(pool.map(lambda h: fuzz(h, given.seconds), harnesses))
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
