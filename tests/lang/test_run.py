"""Programs that say themselves what they do (run/*.sg), and what sgc leaves."""
import os
import pathlib
import resource
import subprocess
import tempfile
import unittest

from support import ROOT, SGC, run

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = sorted((HERE / "run").glob("*.sg"))
ONE = HERE / "run/graphs.sg"


def plan_of(source, *options):
    done = subprocess.run([SGC, source, "-o", "-", *options], capture_output=True)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout


# The second stream waits for the slot that the first one has until it is read.
STUCK = """
deployment Words() {
  max_ongoing_requests: 1
  health: { period: 1s }
  fn check_health() { sleep(1ms) }
  fn run() -> stream str { yield "a" }
}
app a { bind words = Words() }
test "stuck" {
  let one = a.words.run()
  let two = a.words.run()
  for w in two { log.info(w) }
  for w in one { log.info(w) }
  assert 1 == 1
}
test "it goes on" { assert 1 == 1 }
"""


class Programs(unittest.TestCase):
    def test_they_pass(self):
        self.assertGreater(len(PROGRAMS), 2)
        for path in PROGRAMS:
            with self.subTest(path.stem):
                done = run(SGC, "test", path)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, r"(?m)^[1-9]\d* passed, 0 failed$")
                self.assertEqual(done.stderr, "")

    def test_a_wrong_assert_is_seen(self):
        done = run(SGC, "test", "-", input='test "no" {\n  assert 1 + 1 == 3\n}\n')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("0 passed, 1 failed", done.stdout)

    def test_checks_keep_no_test_going(self):
        done = run(SGC, "test", "-", input=STUCK)
        self.assertIn("FAIL stuck\n  it waits for something that never comes\n", done.stdout)
        self.assertIn("1 passed, 1 failed", done.stdout)

    def test_the_same_bytes_every_time(self):
        for path in [*PROGRAMS, ROOT / "examples/tutorial/tutorial.sg"]:
            with self.subTest(path.stem):
                self.assertEqual(plan_of(path, "--tests"), plan_of(path, "--tests"))

    def test_tests_are_left_out(self):
        for path in PROGRAMS:
            self.assertLess(len(plan_of(path)), len(plan_of(path, "--tests")))

    def test_every_pass_can_be_printed(self):
        for path in PROGRAMS:
            for form in "ast", "core", "graph", "plan":
                done = run(SGC, f"--dump={form}", "--tests", path)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreater(len(done.stdout.splitlines()), 10)

    def test_explain(self):
        for path in PROGRAMS:
            self.assertEqual(run(SGC, "explain", path).returncode, 0)


class Writing(unittest.TestCase):
    """A plan is in its place whole, or what was there before is."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.target = self.folder / "app.plan"

    def write(self, *options, **more):
        return run(SGC, ONE, "-o", self.target, *options, **more)

    def files(self):
        return sorted(p.name for p in self.folder.iterdir())

    def test_it_is_written(self):
        self.assertEqual(self.write().returncode, 0)
        self.assertEqual(self.files(), ["app.plan"])
        self.assertEqual(self.target.read_bytes(), plan_of(ONE))
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o666 & ~umask())

    def test_a_full_disk(self):
        self.target.write_text("before")
        room = len(plan_of(PROGRAMS[0])) // 2

        def little_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        done = self.write(preexec_fn=little_room)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"cannot write .*app\.plan: File too large")
        self.assertEqual(self.target.read_text(), "before")
        self.assertEqual(self.files(), ["app.plan"])

    def test_no_such_folder(self):
        done = run(SGC, ONE, "-o", self.folder / "none" / "app.plan")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file or directory", done.stderr)

    def test_a_device(self):
        self.assertEqual(run(SGC, ONE, "-o", "/dev/null").returncode, 0)
        done = run(SGC, ONE, "-o", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)

    def test_a_link_stays(self):
        real = self.folder / "real.plan"
        real.write_text("before")
        self.target.symlink_to(real)
        self.assertEqual(self.write().returncode, 0)
        self.assertTrue(self.target.is_symlink())
        self.assertEqual(real.read_bytes(), plan_of(ONE))

    def test_a_wrong_program_writes_nothing(self):
        self.target.write_text("before")
        done = run(SGC, "-", "-o", self.target, input="app a {\n  graph g(x: int) -> int = y\n}\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.target.read_text(), "before")


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


if __name__ == "__main__":
    unittest.main()
