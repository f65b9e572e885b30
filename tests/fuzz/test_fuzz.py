"""Each fuzz harness over its corpus, what once went wrong, and changes of both.

The changes are the same ones every time; with SG_LONG=1 there are more of them.
The harnesses are those of the build with sanitizers (make fuzz-replayers).
"""
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build-asan" / "fuzz"
LONG = os.environ.get("SG_LONG") == "1"
# Changes of each input, where the usual 50 000 would take too long because the corpus
# is large.
CHANGES = {"http": 3000, "http_conn": 600}
NAMES = sorted(p.stem.removeprefix("fuzz_")
               for p in (ROOT / "tests/fuzz").glob("fuzz_*.c"))


def folders(name):
    places = [ROOT / "tests/fuzz/corpus" / name, ROOT / "tests/fuzz/regress" / name,
              BUILD / "seeds" / name]
    return [str(p) for p in places if p.is_dir() and any(p.iterdir())]


class Fuzz(unittest.TestCase):
    def replay(self, name, *options):
        inputs = folders(name)
        self.assertTrue(inputs, "nothing to begin with")
        done = subprocess.run([str(BUILD / f"replay_{name}"), *options, *inputs],
                              capture_output=True, text=True, errors="replace",
                              timeout=3600 if LONG else 300)
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[-4000:])

    def test_harnesses(self):
        self.assertTrue(NAMES)
        for name in NAMES:
            with self.subTest(name):
                self.replay(name, "-n", "500000" if LONG else "5000")

    def test_bits_of_plans(self):
        """One bit of a plan flipped, its checksum repaired: refused, or harmless when run."""
        self.replay("plan", "-b", "1" if LONG else "13")


if __name__ == "__main__":
    unittest.main()
