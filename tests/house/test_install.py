"""`make install` puts programs, man pages and completions under DESTDIR and PREFIX."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import BUILD, ROOT, run


class Install(unittest.TestCase):
    def test_install_and_uninstall(self):
        with tempfile.TemporaryDirectory() as folder:
            where = [f"BUILD={BUILD.relative_to(ROOT)}", "PREFIX=/usr", f"DESTDIR={folder}"]
            done = run("make", "-s", "-C", ROOT, "install", *where, timeout=600)
            self.assertEqual(done.returncode, 0, done.stderr)
            usr = pathlib.Path(folder) / "usr"
            for name in ("sgc", "sgrun"):
                done = run(usr / "bin" / name, "--version")
                self.assertRegex(done.stdout, r"^sg\w+ .*\d+\.\d+\.\d+")
                options = [word.split("=")[0] for word in run(usr / "bin" / name, "--help").stdout.split()
                           if word.startswith("--")]
                self.assertGreater(len(options), 5)
                page = (usr / f"share/man/man1/{name}.1").read_text()
                bash = (usr / f"share/bash-completion/completions/{name}").read_text()
                fish = (usr / f"share/fish/vendor_completions.d/{name}.fish").read_text()
                zsh = (usr / f"share/zsh/site-functions/_{name}").read_text()
                for option in options:
                    option = option.rstrip(",.;:[")
                    plain = option.split("[")[0]
                    self.assertIn(plain.replace("-", "\\-"), page)
                    self.assertIn(plain, bash)
                    self.assertIn(f"-l {plain[2:]}", fish)
                    self.assertIn(plain, zsh)
                checked = subprocess.run(["bash", "-n"], input=bash, text=True)
                self.assertEqual(checked.returncode, 0)
            for name in ("package.json", "language-configuration.json", "servegraph.tmLanguage.json"):
                json.loads((usr / "share/servegraph/editor" / name).read_text())
            run("make", "-s", "-C", ROOT, "uninstall", *where)
            left = [str(p) for p in usr.rglob("*") if p.is_file()]
            self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
