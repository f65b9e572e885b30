"""Random programs, well typed by construction, against the model (model/).

What a body gives, or fails with, is what the reference evaluator says.
"""
import concurrent.futures
import pathlib
import re
import tempfile
import unittest

from model.programs import Program
from support import LONG, SGC, run

BODIES = 20  # of a program


def differs(seed):
    """What went wrong with the program, or None; and how many bodies agreed."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "bodies.sg"
        path.write_text(Program(seed, BODIES).text())
        done = run(SGC, "test", "-W", "no-unused-name", "-W", "no-unused-parameter", path)
    agreed = re.findall(r"^(\d+) passed, 0 failed$", done.stdout, re.M)
    if done.returncode or not agreed:
        said = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
        return "\n".join(said)[:3000] + done.stderr[:3000], 0
    return None, int(agreed[0])


class RandomPrograms(unittest.TestCase):
    def test_bodies(self):
        seeds = range(5200 if LONG else 60)
        total = 0
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            for seed, (wrong, agreed) in zip(seeds, pool.map(differs, seeds, chunksize=4)):
                total += agreed
                with self.subTest(seed=seed):
                    self.assertIsNone(wrong)
        self.assertGreater(total, len(seeds) * BODIES * 9 // 10)


if __name__ == "__main__":
    unittest.main()
