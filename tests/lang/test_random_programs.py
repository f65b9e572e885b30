"""Random programs, well typed by construction, against the model (model/).

What a body gives, or fails with, is what the reference evaluator says; of programs
with deployments, apps and graphs also when it is there, and what state they leave
behind. In the build with sanitizers every value that code reads is held against
its type besides (runtime/vm/inhabits.c).
"""
import collections
import concurrent.futures
import json
import pathlib
import re
import tempfile
import unittest

from model.mistakes import MISTAKES, WHOLE, spoil
from model.programs import Program, WorldProgram
from support import LONG, ROOT, SGC, run

BODIES = 20  # of a program
PARTS = 6  # helpers, deployments, classes and graphs of one
CHECKED = str(ROOT / "build-asan/sgc")


def tried(program, sgc):
    """What went wrong with the program, or None; and how many results agreed."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "program.sg"
        path.write_text(program.text())
        done = run(sgc, "test", "-W", "no-unused-name", "-W", "no-unused-parameter", path)
    agreed = re.search(r"^(\d+) passed, 0 failed$", done.stdout, re.M)
    if done.returncode or not agreed:
        said = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
        return "\n".join(said)[:3000] + done.stderr[:3000], 0
    return None, program.compared


def bodies(seed, sgc=SGC):
    return tried(Program(seed, BODIES), sgc)


def worlds(seed, sgc=SGC):
    return tried(WorldProgram(seed, PARTS), sgc)


def refuses(seed):
    """(the mistake, what is wrong with what is said of it or None)."""
    program = WorldProgram(seed, PARTS) if seed % 2 else Program(seed, 4)
    spoilt = spoil(program, seed)
    if not spoilt:
        return None
    name, text, line = spoilt
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "wrong.sg"
        path.write_text(text)
        done = run(SGC, "check", "--json", path)
    said = [json.loads(one) for one in (done.stdout + done.stderr).splitlines()]
    lines = [d["line"] for d in said if d["severity"] == "error"]
    if done.returncode != 1 or not lines:
        return name, f"exit {done.returncode}, line {line} is not refused:\n{text}"
    if min(lines) != line:
        return name, f"line {line}, and the first error is in {min(lines)}"
    return name, None


class RandomPrograms(unittest.TestCase):
    def agree(self, how, seeds, sgc, least):
        """All agree, and so many results were compared."""
        total = 0
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            made = pool.map(how, seeds, [sgc] * len(seeds), chunksize=4)
            for seed, (wrong, agreed) in zip(seeds, made):
                total += agreed
                with self.subTest(seed=seed):
                    self.assertIsNone(wrong)
        print(f"{total} results of {how.__name__} agree")
        self.assertGreaterEqual(total, least)

    def test_bodies(self):
        self.agree(bodies, range(7400 if LONG else 60), SGC, 100_000 if LONG else 800)

    def test_worlds(self):
        self.agree(worlds, range(4800 if LONG else 160), SGC, 100_000 if LONG else 3000)

    def test_values_are_of_their_types(self):
        self.agree(bodies, range(10_000, 10_300 if LONG else 10_008), CHECKED, 100)
        self.agree(worlds, range(10_000, 10_600 if LONG else 10_040), CHECKED, 600)

    def test_one_mistake(self):
        """It is refused, and the first message points at its line."""
        made, missed = collections.Counter(), []
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            for found in pool.map(refuses, range(8000 if LONG else 300), chunksize=8):
                if found:
                    name, wrong = found
                    made[name] += 1
                    if wrong:
                        self.assertNotIn("is not refused", wrong)
                        missed.append(f"{name}: {wrong}")
        total = sum(made.values())
        print(f"{total - len(missed)} of {total} mistakes are pointed at")
        self.assertGreater(len(made), (len(MISTAKES) + len(WHOLE)) * 3 // 4)
        self.assertLessEqual(len(missed), total // 20, "\n".join(missed))


if __name__ == "__main__":
    unittest.main()
