"""Random programs, well typed by construction, against the model (model/).

What a body gives, or fails with, is what the reference evaluator says. In the
build with sanitizers every value that code reads is held against its type
besides (runtime/vm/inhabits.c).
"""
import concurrent.futures
import pathlib
import re
import tempfile
import unittest

from model.programs import Program
from support import LONG, ROOT, SGC, run

BODIES = 20  # of a program
CHECKED = ROOT / "build-asan/sgc"


def differs(seed, sgc=SGC):
    """What went wrong with the program, or None; and how many bodies agreed."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "bodies.sg"
        path.write_text(Program(seed, BODIES).text())
        done = run(sgc, "test", "-W", "no-unused-name", "-W", "no-unused-parameter", path)
    agreed = re.findall(r"^(\d+) passed, 0 failed$", done.stdout, re.M)
    if done.returncode or not agreed:
        said = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
        return "\n".join(said)[:3000] + done.stderr[:3000], 0
    return None, int(agreed[0])


class RandomPrograms(unittest.TestCase):
    def agree(self, seeds, sgc):
        total = 0
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            made = pool.map(differs, seeds, [sgc] * len(seeds), chunksize=4)
            for seed, (wrong, agreed) in zip(seeds, made):
                total += agreed
                with self.subTest(seed=seed):
                    self.assertIsNone(wrong)
        self.assertGreater(total, len(seeds) * BODIES * 9 // 10)

    def test_bodies(self):
        self.agree(range(5200 if LONG else 60), SGC)

    def test_values_are_of_their_types(self):
        self.agree(range(10_000, 10_300 if LONG else 10_010), str(CHECKED))


if __name__ == "__main__":
    unittest.main()
