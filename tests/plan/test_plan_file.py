"""Plan files: the same bytes every time, and what is no plan is refused."""
import pathlib
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, SGRUN, compile_plan, run

SOURCE = ROOT / "examples/tutorial/tutorial.sg"


class PlanFile(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = compile_plan(SOURCE, self.folder.name)
        self.bytes = self.path.read_bytes()

    def check(self, data):
        """The exit status and the reason of sgrun --check for these bytes."""
        path = pathlib.Path(self.folder.name) / "changed.plan"
        path.write_bytes(data)
        done = run(SGRUN, "--check", path)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.returncode, done.stdout + done.stderr

    def test_the_same_source_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as other:
            self.assertEqual(compile_plan(SOURCE, other).read_bytes(), self.bytes)

    def test_a_plan_is_sound(self):
        status, said = self.check(self.bytes)
        self.assertEqual((status, "sound" in said), (0, True), said)

    def test_cut_short(self):
        for size in (1, 7, 8, 31, 100, len(self.bytes) // 2, len(self.bytes) - 1):
            with self.subTest(size):
                status, said = self.check(self.bytes[:size])
                self.assertEqual(status, 1)
                self.assertIn("truncated: ", said)

    def test_too_long(self):
        status, said = self.check(self.bytes + b"\0" * 8)
        self.assertEqual((status, "behind its end" in said), (1, True), said)

    def test_foreign(self):
        for data in (b"PK\3\4" + b"\0" * 400, b"app tutorial {}\n", b"\x7fELF" * 200):
            status, said = self.check(data)
            self.assertEqual((status, "not a plan" in said), (1, True), said)

    def test_copied_as_text(self):
        status, said = self.check(self.bytes.replace(b"\r\n", b"\n"))
        self.assertEqual((status, "line ends" in said), (1, True), said)

    def test_too_new(self):
        status, said = self.check(self.bytes[:8] + struct.pack("<II", 9, 7) + self.bytes[16:])
        self.assertEqual(status, 1)
        self.assertIn("too new: needs a reader of version 7", said)

    def test_damaged(self):
        for at in range(32, len(self.bytes), 211):
            data = bytearray(self.bytes)
            data[at] ^= 4
            status, said = self.check(bytes(data))
            self.assertEqual((status, "damaged: " in said), (1, True), said)

    def test_the_dump_repeats(self):
        one, two = run(SGC, "--dump=plan", SOURCE), run(SGC, "--dump=plan", SOURCE)
        self.assertEqual(one.returncode, 0, one.stderr)
        self.assertEqual(one.stdout, two.stdout)
        for line in ("plan version 1", "  strand 2 'combiner' inputs 2\n", "op 2, sleep, 1 …",
                     "route 0: method POST path \"/my-dag\""):
            self.assertIn(line, one.stdout)


if __name__ == "__main__":
    unittest.main()
