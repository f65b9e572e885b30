"""Each fuzz harness over its corpus, what once went wrong, and changes of both; and
the tutorial's plan with each bit flipped.

The changes are the same ones every time; with SG_LONG=1 there are more of them,
and no bit is left out. The harnesses are those of the build with sanitizers (make
fuzz-replayers).
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import unittest

import places

BUILD = places.ROOT / "build-asan" / "fuzz"
LONG = os.environ.get("SG_LONG") == "1"
# Changed inputs in all, as many as take about five seconds.
CHANGES = {"codec": 200_000, "compile": 7_000, "fmt": 10_000, "http": 200_000, "http_conn": 100_000,
           "ingress": 200_000, "parse": 10_000, "plan": 7_000, "safetensors": 200_000, "tokenize": 20_000,
           "websocket": 100_000}
TUTORIAL = BUILD / "seeds/plan/examples_tutorial_tutorial.sg"


def run(program, *args):
    return subprocess.run([str(BUILD / program), *map(str, args)], capture_output=True,
                          text=True, errors="replace", timeout=3600 if LONG else 600)


def replay(name):
    inputs = places.folders(name, BUILD)
    count = sum(len(list(pathlib.Path(p).iterdir())) for p in inputs)
    total = CHANGES.get(name, 10_000) * (30 if LONG else 1)
    return name, run(f"replay_{name}", "-n", -(-total // max(count, 1)), *inputs)


class Fuzz(unittest.TestCase):
    def test_harnesses(self):
        self.assertGreaterEqual(len(places.NAMES), 6)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, done in pool.map(replay, places.NAMES):
                with self.subTest(name):
                    self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[-4000:])
                    self.assertGreater(int(done.stdout.split()[0]), 7_000)

    def test_bits_of_the_tutorial(self):
        """One bit of its plan flipped: refused, and with the checksum repaired
        refused or harmless when its tests run and its routes are asked."""
        done = run("plan_bits", TUTORIAL, "1" if LONG else "11", "0" if LONG else "3")
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[-4000:])
        flipped, of, refused, after, harmless = map(int, re.findall(r"\d+", done.stdout))
        self.assertEqual(refused, flipped)
        self.assertEqual(after + harmless, flipped)
        self.assertGreater(min(after, harmless), flipped // 10)
        self.assertGreater(of, 8 * 4000)


if __name__ == "__main__":
    unittest.main()
