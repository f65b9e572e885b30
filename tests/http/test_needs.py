"""Environment variables and secrets: what is missing is told before anything is served, and no secret is ever shown."""
import os
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, SGRUN, Server, compile_plan, run

PROGRAM = """
use hash

deployment Upstream(url: str, key: secret) {
  fn call(text: str) -> str = "{url} {hash.hmac_sha256(key, text)}"
}

fn guard(given: str?) {
  if given != secret("SGT_API_KEY") { fail(401, "wrong key") }
}

app a {
  bind upstream = Upstream(env('SGT_URL'), secret('SGT_UPSTREAM'))
  route GET "/" (key: str? in header("x-api-key")) {
    guard(key)
    return upstream.call("x")
  }
  route GET "/two" -> env("SGT_URL") + env("SGT_OTHER", "-")
  route GET "/number" (n: int) -> n
}

test "it works without the environment" {
  assert len(a.upstream.call("x")) == 7 + 1 + 64
}
"""
SET = {"SGT_API_KEY": "hunter2-key", "SGT_URL": "http://u", "SGT_UPSTREAM": "s3cr3t-up"}


class Needs(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = compile_plan(PROGRAM, self.folder)

    def sgrun(self, *options, **env):
        return run(SGRUN, self.plan, *options, env={**os.environ, **env})

    def test_all_that_is_missing_is_told_at_once(self):
        for options in [["--check"], ["--listen", "127.0.0.1:0"]]:
            done = self.sgrun(*options, SGT_UPSTREAM="")
            self.assertEqual(done.returncode, 1)
            lines = [line for line in done.stderr.splitlines() if "error:" in line]
            self.assertEqual([line.split(": ", 1)[1] for line in lines], [
                "error: the environment variable SGT_API_KEY, a secret, is not set",
                "error: the environment variable SGT_URL is not set",
                "error: the environment variable SGT_UPSTREAM, a secret, is empty"])
            self.assertEqual([line.split(":")[1:3] for line in lines], [["9", "15"], ["13", "28"], ["13", "44"]])
        self.assertEqual(self.sgrun("--check", **SET).returncode, 0)
        self.assertEqual(self.sgrun("--check", **{**SET, "SGT_URL": b"\xff"}).returncode, 1)

    def test_tests_and_documents_need_nothing(self):
        done = run(SGC, "test", pathlib.Path(self.folder) / "program.sg")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.sgrun("--openapi").returncode, 0)

    def test_no_secret_is_shown(self):
        source = pathlib.Path(self.folder) / "program.sg"
        seen = ""
        for form in "ast", "core", "graph", "plan":
            seen += run(SGC, f"--dump={form}", source, env={**os.environ, **SET}).stdout
        seen += run(SGC, "explain", source, env={**os.environ, **SET}).stdout
        with Server(self.plan, "--log", "text", env=SET) as s:
            self.assertEqual(s.request("GET", "/")[0], 401)
            self.assertEqual(s.request("GET", "/", headers={"x-api-key": "hunter2-kex"})[0], 401)
            status, _, body = s.request("GET", "/", headers={"x-api-key": "hunter2-key"})
            self.assertEqual(status, 200)
            self.assertEqual(len(body), len("http://u ") + 64)
            self.assertEqual(s.request("GET", "/two")[2], b"http://u-")
            for path in "/", "/number?n=x", "/openapi.json", "/docs", "/-/routes", "/nothing":
                seen += s.request("GET", path)[2].decode()
            s.log.seek(0)
        seen += s.errors
        self.assertGreater(len(seen), 1000)
        for name in "SGT_API_KEY", "SGT_UPSTREAM":
            self.assertNotIn(SET[name], seen)

    def test_a_reload_that_needs_more_is_refused(self):
        source = pathlib.Path(self.folder) / "program.sg"
        with Server(source, "--watch", env={**SET, "PATH": os.environ["PATH"]}) as s:
            source.write_text(PROGRAM.replace('env("SGT_OTHER", "-")', 'env("SGT_OTHER")'))
            line = ""
            while "stays" not in line:
                line += s.process.stderr.readline()
            self.assertIn("error: the environment variable SGT_OTHER is not set", line)
            self.assertEqual(s.request("GET", "/two")[2], b"http://u-")


if __name__ == "__main__":
    unittest.main()
