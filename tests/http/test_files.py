"""Files that a program reads when a replica starts: read into types, and what is wrong is told with the line that asks for it."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, SGRUN, Server, compile_plan, run

PROGRAM = """
type Config = { heads: int, names: map str = { }, eps: float = 0.5 }

fn config(dir: str, name: str) -> Config = json(file("{dir}/{name}"))

deployment Net(dir: str, name: str) {
  let config: Config = json(file("{dir}/{name}"))
  let raw = file("{dir}/raw.bin")
  fn heads() -> int = config.heads + len(raw)
}

deployment Model(dir: str, given: Config) {
  let net = Net(dir, env("SGT_NAME", "config.json"))
  fn heads() -> [int] = [net.heads(), given.heads]
}

app a {
  bind model = Model(env("SGT_DIR", "model"), config("model", "config.json"))
  bind net = Net("model", env("SGT_NAME", "config.json"))
  bind other = Net(env("SGT_DIR", "model"), "config.json")
  route GET "/" -> model.heads()
  route GET "/net" -> net.heads() + other.heads()
}

test "a test reads files too" {
  assert a.model.heads() == [15, 12]
  assert config("model", "config.json").names == { "0": "é" }
  let all: json = json(file("model/config.json"))
  assert all["eps"] == 1
}
"""


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.model = pathlib.Path(self.folder) / "model"
        self.model.mkdir()
        self.write("config.json", json.dumps({"heads": 12, "names": {"0": "é"}, "eps": 1}).encode())
        self.write("raw.bin", b"\0\xff\n")
        self.plan = compile_plan(PROGRAM, self.folder)

    def write(self, name, data):
        (self.model / name).write_bytes(data)

    def sgrun(self, *options, **env):
        return run(SGRUN, self.plan, *options, cwd=self.folder, env={**os.environ, **env})

    def test_they_are_read_from_where_it_is_started(self):
        with Server(self.plan, cwd=self.folder) as s:
            self.assertEqual(s.request("GET", "/")[2], b"[15,12]")
            self.write("config.json", b"{}")  # it is read once
            self.assertEqual(s.request("GET", "/net")[2], b"30")

    def test_in_tests(self):
        done = run(SGC, "test", pathlib.Path(self.folder) / "program.sg", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_is_wrong_is_told_at_its_line(self):
        self.write("field.json", b'{"heads": 1, "names": {"0": 3}}')
        self.write("broken.json", b'{"heads": 1,}')
        self.write("latin.json", b'{"heads": 1, "names": {"0": "\xe9"}}')
        self.write("empty.json", b"")
        (self.model / "folder.json").mkdir()
        os.mkfifo(self.model / "pipe.json")
        with open(self.model / "large.json", "wb") as f:
            f.truncate((64 << 20) + 1)
        for name, column, why in [
                ("none.json", 29, "cannot read model/none.json: No such file or directory"),
                ("field.json", 24, '["names","0"]: Input should be a valid string'),
                ("broken.json", 24, "no JSON at character 12: "),
                ("latin.json", 24, "no JSON: byte 29 is not UTF-8"),
                ("empty.json", 24, "no JSON: the text is empty"),
                ("folder.json", 29, "cannot read model/folder.json: it is a folder"),
                ("pipe.json", 29, "cannot read model/pipe.json: it is no plain file"),
                ("large.json", 29, "cannot read model/large.json: it is larger than 64 MB"),
                ("../\x7f", 29, "cannot read model/../\x7f: No such file or directory")]:
            with self.subTest(name):
                done = self.sgrun("--check", SGT_NAME=name)
                self.assertEqual(done.returncode, 1)
                told = [line.split("program.sg", 1)[1] for line in done.stderr.splitlines()]
                self.assertEqual(len(told), 2, done.stderr)  # all of it
                for line, binding in zip(told, ["model", "net"]):
                    self.assertIn(f":7:{column}: error: {binding} could not start: {why}", line)
                done = self.sgrun("--listen", "127.0.0.1:0", SGT_NAME=name)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"program.sg:7:{column}: model could not start: {why}", done.stderr)
        self.assertEqual(self.sgrun("--check").returncode, 0)

    def test_each_deployment_tells_its_own(self):
        done = self.sgrun("--check", SGT_DIR="nowhere", SGT_NAME="none.json")
        self.assertEqual([line.split("error: ")[1] for line in done.stderr.splitlines()], [
            "model could not start: cannot read nowhere/none.json: No such file or directory",
            "net could not start: cannot read model/none.json: No such file or directory",
            "other could not start: cannot read nowhere/config.json: No such file or directory"])

    def test_a_reload_that_finds_no_file_is_refused(self):
        source = pathlib.Path(self.folder) / "program.sg"
        with Server(source, "--watch", cwd=self.folder) as s:
            source.write_text(PROGRAM.replace("raw.bin", "no.bin"))
            line = ""
            while "stays" not in line:
                line += s.process.stderr.readline()
            self.assertIn("cannot read model/no.bin: No such file or directory", line)
            self.assertEqual(s.request("GET", "/")[2], b"[15,12]")


if __name__ == "__main__":
    unittest.main()
