"""Programs of several files and several apps."""
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, Server, run

FILES = {
    "ingestion.sg": """
        type Job = { id: str, size: int = 1 }
        deployment process(x: int) -> int {
          sleep(5ms)
          return x + 1
        }
        deployment Store(limit: int) {
          state n: int = 0
          fn add(x: int) -> int {
            n += x
            return min(n, limit)
          }
        }
        app ingestion at "/ingest" {
          bind store = Store(1000)
          fn twice(x: int) -> int = x * 2
          graph ingest(x: int) -> int = store.add(process(x))
          route POST "/" (x: int) -> ingest(x)
        }
    """,
    "front.sg": """
        use "./ingestion.sg"
        use "sub/caller.sg"
        app front {
          graph both(x: int) -> int = ingestion.ingest(x) + ingestion.twice(x)
          route POST "/ingest-it" (x: int) -> ingestion.ingest(x)
          route POST "/process" (x: int) -> ingestion.process(x)
          route POST "/store" -> ingestion.store.add
          route POST "/both" -> both
        }
        test "apps call each other" {
          assert front.both(1) == 4
          assert caller.once.run({ id: "a", size: 5 }) == 7
        }
    """,
    "sub/caller.sg": """
        use "../front.sg"   // files may go in a circle
        deployment Caller(store: Store) {
          fn run(job: Job) -> int = store.add(job.size)
        }
        app caller at "/caller" {
          bind once = Caller(ingestion.store)
          route POST "/" (job: Job) -> once.run(job)
        }
    """,
    "production.sg": """
        use "./front.sg"
        override ingestion.process { num_replicas: 2, max_ongoing_requests: 3 }
        override ingestion.store { max_ongoing_requests: 1 }
        override front.both { max_ongoing_requests: 7 }
        resource node { cpus: 4 }
        server { loops: 1 }
    """,
}


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.write(FILES)

    def write(self, files):
        for name, text in files.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text)

    def sgc(self, *args):
        return run(SGC, *args, cwd=self.folder)

    def test_tests_of_all_files_run(self):
        for first in FILES:
            done = self.sgc("test", first)
            wanted = 0 if first == "ingestion.sg" else 1
            self.assertEqual(done.stdout.count("ok apps call"), wanted, done.stdout + done.stderr)
            self.assertEqual(done.returncode, 0)

    def test_served(self):
        self.assertEqual(self.sgc("production.sg", "-o", "app.plan").stderr, "")
        with Server(self.folder / "app.plan") as s:
            self.assertEqual(s.request("POST", "/ingest?x=1")[2], b"2")
            self.assertEqual(s.request("POST", "/ingest-it?x=1")[2], b"4")
            self.assertEqual(s.request("POST", "/caller", '{"id": "a"}')[2], b"5")
            self.assertEqual(s.request("POST", "/both?x=1")[2], b"9")
            self.assertEqual(s.request("GET", "/-/routes")[2],
                             b'{"/":"front","/ingest":"ingestion","/caller":"caller"}')

    def test_one_file_is_read_once(self):
        several = self.sgc("production.sg", "./front.sg", "sub/../ingestion.sg", "-o", "several.plan")
        self.assertEqual(several.stderr, "")
        one = self.sgc("production.sg", "-o", "one.plan")
        self.assertEqual(one.stderr, "")
        for plan in "several.plan", "one.plan":
            with Server(self.folder / plan) as s:
                self.assertEqual(s.request("POST", "/both?x=1")[2], b"4")

    def test_files_without_use(self):
        self.write({"a.sg": 'app a { route GET "/a" -> f(1) }\n', "b.sg": "fn f(x: int) -> int = x + 1\n",
                    "c.sg": 'app c at "/c" { route GET "/" -> f(2) }\n'})
        done = self.sgc("a.sg", "b.sg", "c.sg", "-o", "all.plan")
        self.assertEqual(done.stderr, "")
        with Server(self.folder / "all.plan") as s:
            self.assertEqual(s.request("GET", "/a")[2], b"2")
            self.assertEqual(s.request("GET", "/c")[2], b"3")

    def test_overrides_are_explained(self):
        shown = self.sgc("explain", "production.sg").stdout
        self.assertRegex(shown, r"(?s)front\.both.*max_ongoing_requests +7 +override production\.sg:5")
        self.assertRegex(shown, r"(?s)ingestion\.process.*num_replicas +2 +override production\.sg:3")
        self.assertRegex(shown, r"node\n +cpus +4\.0 ")

    def test_bindings_in_a_circle(self):
        self.write({"x.sg": 'use "./y.sg"\ndeployment X(y: Y) { fn run(n: int) -> int = n }\n'
                            'app x { bind one = X(y.two)\n  route GET "/" (n: int) -> one.run(n) }\n',
                    "y.sg": 'use "./x.sg"\ndeployment Y(x: X) { fn run(n: int) -> int = n }\n'
                            'app y at "/y" { bind two = Y(x.one)\n  route GET "/" (n: int) -> two.run(n) }\n'})
        done = self.sgc("check", "x.sg")
        self.assertEqual(done.returncode, 1)
        self.assertIn("SG0401", done.stderr)
        self.assertIn("x.sg:3", done.stderr)
        self.assertIn("y.sg:3", done.stderr)

    def test_what_is_twice(self):
        self.write({"z.sg": 'use "./front.sg"\nfn process(x: int) -> int = x\napp front at "/x" {}\n'
                            "server { loops: 2 }\nserver { loops: 3 }\noverride front.bot { num_replicas: 2 }\n"
                            "override fron.both { num_replicas: 2 }\noverride front { num_replicas: 2 }\n"})
        done = self.sgc("check", "z.sg")
        for said in "`process` is declared twice", "`front` is declared twice", "`server` is here twice", \
                "the app `front` has no `bot`", "there is no app `fron`":
            self.assertIn(said, done.stderr)

    def test_two_overrides_of_one(self):
        self.write({"first.sg": 'use "./front.sg"\noverride ingestion.process { num_replicas: 2, idempotent: true }\n',
                    "second.sg": 'use "./first.sg"\noverride ingestion.process { num_replicas: 3 }\n'})
        done = self.sgc("check", "second.sg")
        self.assertIn("SG0603", done.stderr)
        self.assertIn("num_replicas", done.stderr)
        self.assertIn("first.sg:2", done.stderr)


class Dependencies(unittest.TestCase):
    """sgc --deps, as make reads it."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def make(self):
        return run("make", "-s", cwd=self.folder)

    def test_make(self):
        (self.folder / "Makefile").write_text(
            f"app.plan: main.sg\n\t@echo compiles\n\t@{SGC} $< -o $@ --deps app.d\n-include app.d\n")
        other = self.folder / "a $b" / "o#.sg"
        other.parent.mkdir()
        main = self.folder / "main.sg"
        main.write_text('use "./a $b/o#.sg"\napp a { route GET "/" -> upper(f()) }\n')
        other.write_text('fn f() -> str = "x"\n')
        self.assertEqual((self.make().stdout, self.make().stdout), ("compiles\n", ""))
        later = (self.folder / "app.plan").stat().st_mtime + 2
        os.utime(other, (later, later))
        self.assertEqual(self.make().stdout, "compiles\n")
        main.write_text('app a { route GET "/" -> "x" }\n')
        other.unlink()
        self.assertEqual(self.make().returncode, 0)
        self.assertEqual((self.folder / "app.d").read_text(), "app.plan: \\\n  main.sg\n\nmain.sg:\n")

    def test_what_is_wrong_or_missing(self):
        main = self.folder / "main.sg"
        main.write_text('use "./gone.sg"\nuse "./wrong.sg"\n')
        (self.folder / "wrong.sg").write_text("fn f( = 1\n")
        done = run(SGC, main, "-o", self.folder / "p", "--deps", self.folder / "d")
        self.assertEqual(done.returncode, 1)
        self.assertFalse((self.folder / "p").exists())
        rule = (self.folder / "d").read_text().split("\n\n")[0]
        self.assertEqual([pathlib.Path(f).name for f in rule.replace("\\\n", "").split()],
                         ["p:", "main.sg", "wrong.sg", "gone.sg"])

    def test_usage(self):
        done = run(SGC, "x.sg", "--deps", "d")
        self.assertEqual((done.returncode, done.stderr), (2, "sgc: --deps goes with --output\n"))


if __name__ == "__main__":
    unittest.main()
