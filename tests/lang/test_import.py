"""sgc import: Ray Serve configs as programs. Each tests/lang/import/NAME.yaml has the
program (.sg) and the diagnostics (.expect) beside it; --update writes them anew."""
import json
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import support
from support import SGC

HERE = pathlib.Path(__file__).resolve().parent / "import"
CONFIGS = sorted(HERE.glob("*.yaml"))
UPDATE = "--update" in sys.argv


def imported(path):
    return support.run(SGC, "import", path.name, cwd=path.parent)


class Import(unittest.TestCase):
    def text(self, config):
        """The program that comes out, and what is said."""
        with tempfile.TemporaryDirectory() as at:
            path = pathlib.Path(at, "config.yaml")
            path.write_bytes(config if isinstance(config, bytes) else config.encode())
            return imported(path)

    def test_configs(self):
        self.assertGreater(len(CONFIGS), 4)
        for path in CONFIGS:
            with self.subTest(path.stem):
                done = imported(path)
                program, said = path.with_suffix(".sg"), path.with_suffix(".expect")
                if UPDATE:
                    program.write_text(done.stdout)
                    said.write_text(done.stderr)
                self.assertEqual(done.stdout, program.read_text())
                self.assertEqual(done.stderr, said.read_text())
                self.assertEqual(done.returncode, 0)

    def test_programs_are_right(self):
        """Nothing is wrong with them but what is not built yet."""
        for path in CONFIGS:
            with self.subTest(path.stem):
                done = support.run(SGC, "check", "--json", path.with_suffix(".sg"))
                for line in done.stderr.splitlines():
                    self.assertIn('"SG09', line)

    def test_what_is_no_config(self):
        for config in ["", "- a", "a: 1", "applications: 3", "applications: []", "a: [", "\t- b",
                       "applications: [{name: a}]", "applications: [1]", "applications:\n- name: x\n"
                       "  import_path: m:a\n  deployments: [{num_replicas: 3}]", b"\xff\xfe\xfd", "*x",
                       "services: 3", "import_path: nothing"]:
            with self.subTest(config):
                done = self.text(config)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, r"config\.yaml(:\d+:\d+)?: error: .*\[SG080[12]")

    def test_wrong_values_are_refused_with_their_place(self):
        for key, value in [("num_replicas", "many"), ("max_ongoing_requests", "1.5"),
                           ("health_check_period_s", "-1"), ("health_check_period_s", "1e300"),
                           ("health_check_period_s", ".nan"), ("max_ongoing_requests", "[1]"),
                           ("ray_actor_options", "3"), ("ray_actor_options", "{memory: x}")]:
            with self.subTest(key=key, value=value):
                done = self.text("applications:\n- import_path: m:a\n  deployments:\n"
                                 f"  - name: D\n    {key}: {value}\n")
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn("config.yaml:5:", done.stderr)

    def test_aliases_that_never_end(self):
        """A list in itself, and a page that would grow to a billion words."""
        deployment = "applications:\n- import_path: m:a\n  deployments:\n  - name: D\n    "
        laughs = "user_config:\n      a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
            f"      {b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi"))
        for what in ["user_config: &x [*x]", "<<: &x {<<: *x}", laughs]:
            with self.subTest(what[:20]):
                done = self.text(deployment + what)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn("[SG080", done.stderr)

    def test_a_merge_gives_way_to_own_keys(self):
        done = self.text("applications:\n- import_path: m:a\n  deployments:\n"
                         "  - &base {name: A, num_replicas: 3, max_ongoing_requests: 7}\n"
                         "  - {<<: *base, name: B, num_replicas: 4}\n")
        self.assertIn("deployment B(a: A) on python \"m:B\" {\n  num_replicas: 4\n"
                      "  max_ongoing_requests: 7\n", done.stdout)

    def test_names_of_any_kind(self):
        """Keywords, names taken, digits, signs and other scripts: the program still reads."""
        names = ["graph", "A", "a", "1st", "x-y", "x.y", "naïve", "模型", "", " ", "A_1", "type"]
        done = self.text("applications:\n- name: app\n  import_path: m:a\n  deployments:\n" +
                         "".join(f"  - name: {json.dumps(n)}\n" for n in names if n))
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = support.run(SGC, "check", "--json", "-", input=done.stdout)
        for line in checked.stderr.splitlines():
            self.assertIn('"SG09', line)

    def test_damaged_configs(self):
        """Cut and changed anywhere, a config is read or refused, and nothing else."""
        texts, chance = [p.read_bytes() for p in CONFIGS], random.Random(4)
        for _ in range(150):
            text = bytearray(chance.choice(texts))
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(text))
                text[at:at + chance.randrange(3)] = bytes(
                    chance.choice(b"{}[]&*:-,#|>'\"\n \t\x00\xff1a") for _ in range(chance.randrange(3)))
            done = self.text(bytes(text))
            self.assertIn(done.returncode, (0, 1), bytes(text))
            self.assertEqual(done.returncode == 0, bool(done.stdout), bytes(text))


if __name__ == "__main__":
    if UPDATE:
        sys.argv.remove("--update")
    unittest.main()
