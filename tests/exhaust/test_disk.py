"""No room for the plan, or no right to it: a clear error, and what was in the
plan's place before stays there whole."""
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import ROOT, SGC, SGRUN, run

SOURCE = ROOT / "examples/tutorial/tutorial.sg"
NOBODY = 65534


def plan():
    return subprocess.run([SGC, SOURCE, "-o", "-"], capture_output=True, check=True).stdout


class Disk(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.target = self.folder / "app.plan"

    def refused(self, why, *args, target=None, **more):
        done = run(SGC, SOURCE, "-o", target or self.target, *args, **more)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, f"^error: cannot write .*: {why} \\[SG0002 cannot-write\\]\n")
        self.assertEqual(done.stderr.count("error:"), 1)

    def names(self):
        return sorted(p.name for p in self.folder.iterdir())


class Full(Disk):
    """On a small file system of its own, which needs a mount namespace."""

    def inside(self, mount, script):
        """Runs a script where `d` is a new file system; skips where that may not be."""
        flags = ["-m"] if os.geteuid() == 0 else ["-rm"]
        begin = f'mount -t tmpfs -o {mount} none "$d" || exit 99\n'
        done = run("unshare", *flags, "sh", "-c", begin + script,
                   env={**os.environ, "d": str(self.folder), "sgc": SGC, "source": str(SOURCE)})
        if done.returncode == 99 or "unshare" in done.stderr:
            self.skipTest("no mounts here: " + done.stderr)
        return done

    COMPILE = ('"$sgc" "$source" -o "$d/app.plan"; echo "status $?"\n'
               'ls -A "$d"; cat "$d/app.plan" 2>/dev/null; exit 0\n')

    def test_no_room_for_a_first_plan(self):
        done = self.inside("size=4k", self.COMPILE)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual(done.stdout, "status 1\n")  # and nothing lies there

    def test_no_room_for_the_next_plan(self):
        done = self.inside("size=8k", 'echo before > "$d/app.plan"\n' + self.COMPILE)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual(done.stdout, "status 1\napp.plan\nbefore\n")

    def test_no_room_for_a_file(self):
        done = self.inside("nr_inodes=1", self.COMPILE)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual(done.stdout, "status 1\n")

    def test_room_enough(self):
        done = self.inside("size=64k", self.COMPILE.replace("cat", "cksum <"))
        self.assertIn("status 0\napp.plan\n", done.stdout)

    def test_a_disk_that_is_only_read(self):
        begin = 'echo before > "$d/app.plan"; mount -o remount,ro "$d"\n'
        done = self.inside("size=64k", begin + self.COMPILE)
        self.assertIn("Read-only file system", done.stderr)
        self.assertEqual(done.stdout, "status 1\napp.plan\nbefore\n")

    def test_no_room_to_compile_before_serving(self):
        done = self.inside("size=4k", f'TMPDIR="$d" "{SGRUN}" "$source"; echo "status $?"; ls -A "$d"')
        self.assertEqual(done.stdout, "status 1\n")
        self.assertRegex(done.stderr, "(?m)^error: cannot write .*No space left on device")


class Places(Disk):
    def test_a_folder(self):
        self.target.mkdir()
        self.refused("Is a directory")
        self.refused("Is a directory", target=f"{self.target}/")
        self.assertEqual(self.names(), ["app.plan"])
        self.assertEqual(list(self.target.iterdir()), [])

    def test_a_file_for_a_folder(self):
        self.target.write_text("before")
        self.refused("Not a directory", target=self.target / "x")
        self.assertEqual(self.target.read_text(), "before")

    def test_a_link_to_nowhere(self):
        self.target.symlink_to(self.folder / "none" / "app.plan")
        run(SGC, SOURCE, "-o", self.target)
        self.assertEqual(self.names(), ["app.plan"])

    def test_a_name_that_is_too_long(self):
        self.refused("File name too long", target=self.folder / ("x" * 300))
        self.assertEqual(self.names(), [])

    def test_a_folder_that_may_not_be_written(self):
        """Root may write everywhere, so somebody else does it."""
        options = {}
        if os.geteuid() == 0:
            binary = shutil.copy(SGC, self.folder / "sgc")
            os.chmod(self.folder, 0o755)
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        else:
            binary = SGC
        closed = self.folder / "closed"
        closed.mkdir()
        (closed / "app.plan").write_text("before")
        closed.chmod(0o555)
        source = self.folder / "app.sg"
        source.write_text('app a {\n  route GET "/" -> "hello"\n}\n')
        done = run(binary, source, "-o", closed / "app.plan", **options)
        self.assertEqual(done.returncode, 1)
        self.assertIn("app.plan: Permission denied", done.stderr)
        self.assertEqual([p.name for p in closed.iterdir()], ["app.plan"])
        self.assertEqual((closed / "app.plan").read_text(), "before")

    def test_no_folder_to_compile_in(self):
        done = run(SGRUN, SOURCE, env={**os.environ, "TMPDIR": str(self.folder / "none")})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^sgrun: cannot make a file for the plan, .*: No such file")

    def test_nowhere_to_print(self):
        for args in ([SGC, "-o", "-", SOURCE], [SGC, "--graphviz", SOURCE], [SGC, "explain", SOURCE],
                     [SGC, "--help"], [SGC, "explain", "SG0002"], [SGRUN, "--help"],
                     [SGRUN, "--test", SOURCE], [SGC, "test", SOURCE]):
            with self.subTest(args=args[1:]), open("/dev/full", "w") as full:
                done = subprocess.run(args, stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, "cannot (be written|write)")


class Killed(Disk):
    def whole(self, before):
        """The plan before, or the next one."""
        self.assertIn(self.target.read_bytes(), (before, self.next))

    def setUp(self):
        super().setUp()
        self.next = plan()

    def test_in_the_middle_of_a_write(self):
        """The kernel kills at the byte that is too many."""
        for most in (1, 1000, 4096, len(self.next) - 1):
            self.target.write_bytes(b"before")
            done = run(SGC, SOURCE, "-o", self.target, preexec_fn=lambda n=most: resource.setrlimit(
                resource.RLIMIT_FSIZE, (n, n)))
            self.assertEqual(done.returncode, -signal.SIGXFSZ)
            self.assertEqual(self.target.read_bytes(), b"before")
        self.nothing_else()

    def nothing_else(self):
        """What was being written had no name, where the file system can do that."""
        try:
            os.close(os.open(self.folder, os.O_TMPFILE | os.O_WRONLY))
        except OSError:
            return
        self.assertEqual(self.names(), ["app.plan"])

    def test_at_any_time(self):
        for i in range(60):
            self.target.write_bytes(b"before")
            p = subprocess.Popen([SGC, SOURCE, "-o", self.target])
            time.sleep(i * 0.0002)
            p.kill()
            p.wait()
            self.whole(b"before")
        self.assertEqual(run(SGC, SOURCE, "-o", self.target).returncode, 0)
        self.assertEqual(self.target.read_bytes(), self.next)
        self.assertLess(len(self.names()), 4)  # between its name and its place

    def test_mode_and_owner_stay(self):
        self.target.write_bytes(b"before")
        self.target.chmod(0o640)
        self.assertEqual(run(SGC, SOURCE, "-o", self.target).returncode, 0)
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.target.read_bytes(), self.next)


if __name__ == "__main__":
    unittest.main()
