"""sgc init: a project that works, and never over what is there."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, SGRUN, Server, run

FILES = [".gitignore", "Makefile", "README.md", "pipeline.sg"]


class Init(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def init(self, *args, **more):
        return run(SGC, "init", *args, cwd=self.folder, **more)

    def names(self, folder):
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))

    def test_the_project_works(self):
        done = self.init("shop")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        shop = self.folder / "shop"
        self.assertEqual(self.names(shop), FILES)
        self.assertEqual(done.stdout.splitlines()[:4],
                         ["shop/pipeline.sg", "shop/README.md", "shop/Makefile", "shop/.gitignore"])
        tools = [f"SGC={SGC}", f"SGRUN={SGRUN}"]
        for target in ("check", "test", "explain", "docs", "format", "all"):
            args = ["make", "-s", *tools] + ([target] if target != "all" else [])
            done = run(*args, cwd=shop)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            if target == "test":
                self.assertIn("2 passed, 0 failed", done.stdout)
        self.assertIn("shop.plan", self.names(shop))
        self.assertTrue((shop / "README.md").read_text().startswith("# shop\n"))
        done = run("make", "-s", "clean", cwd=shop)
        self.assertEqual(self.names(shop), FILES)
        self.assertNotIn("warning", run(SGC, "check", shop / "pipeline.sg").stderr)

    def test_what_the_readme_says(self):
        self.init()
        text = (self.folder / "README.md").read_text()
        plan = self.folder / "a.plan"
        run(SGC, self.folder / "pipeline.sg", "-o", plan)
        body = text.split("curl -d '")[1].split("'")[0]
        with Server(plan) as s:
            status, headers, answer = s.request("POST", "/score", body,
                                                {"content-type": "application/json"})
        self.assertEqual(status, 200)
        self.assertIn(f"answers `{answer.decode()}`", text)
        json.loads(answer)

    def test_here(self):
        self.assertEqual(self.init().returncode, 0)
        self.assertEqual(self.names(self.folder), FILES)

    def test_beside_other_files(self):
        (self.folder / "notes.txt").write_text("mine")
        self.assertEqual(self.init(".").returncode, 0)
        self.assertEqual(self.names(self.folder), sorted(FILES + ["notes.txt"]))

    def test_never_over_what_is_there(self):
        for name in FILES:
            with tempfile.TemporaryDirectory() as folder:
                mine = pathlib.Path(folder) / name
                mine.write_text("mine")
                done = self.init(folder)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(f"{name} would be overwritten; nothing was written", done.stderr)
                self.assertEqual(self.names(pathlib.Path(folder)), [name])
                self.assertEqual(mine.read_text(), "mine")
        self.init()
        (self.folder / "pipeline.sg").write_text("mine")
        self.assertEqual(self.init().returncode, 1)
        self.assertEqual((self.folder / "pipeline.sg").read_text(), "mine")

    def test_links_are_there_too(self):
        (self.folder / "Makefile").symlink_to("nowhere")
        self.assertEqual(self.init().returncode, 1)
        self.assertEqual(self.names(self.folder), ["Makefile"])

    def test_folders_in_folders(self):
        self.assertEqual(self.init("a/b/c/").returncode, 0)
        self.assertEqual(self.names(self.folder / "a/b/c"), FILES)

    def test_a_file_for_a_folder(self):
        (self.folder / "x").write_text("mine")
        for path in ("x", "x/y"):
            done = self.init(path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("cannot write", done.stderr)
        self.assertEqual(self.names(self.folder), ["x"])

    def test_odd_names(self):
        for name, project in (("with blank", "with-blank"), ("-x", "x"), ("é$(rm)", "rm"), ("...", "pipeline"),
                              ("a'b\"c`d", "a-b-c-d")):
            done = self.init("--", f"./{name}")
            self.assertEqual(done.returncode, 0, done.stderr)
            text = (self.folder / name / "Makefile").read_text()
            self.assertIn(f"\n{project.rstrip('-')}", text)
            done = run("make", "-s", f"SGC={SGC}", cwd=self.folder / name)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_folder_that_may_not_be_written(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        self.folder.chmod(0o555)
        done = self.init()
        self.folder.chmod(0o755)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.names(self.folder), [])

    def test_usage(self):
        self.assertEqual(self.init("a", "b").returncode, 2)


if __name__ == "__main__":
    unittest.main()
