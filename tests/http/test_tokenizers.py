"""Tokenizers behind a server: long texts leave the loop free, replicas share what
they read, and what cannot be opened is told at the start."""
import json
import tempfile
import threading
import unittest

from support import SGRUN, Server, compile_plan, run

PROGRAM = '''
use tokenizers

deployment Texts(dir: str) {{
  num_replicas: 4
  max_ongoing_requests: 10
  let tokenizer = tokenizers.load(dir, max_length: 100000)
  fn sizes(texts: [str]) -> [int] = shape(tokenizer.encode(texts).ids)
  fn count(text: str) -> int = tokenizer.count(text)
}}

app shop {{
  bind bert = Texts("{dir}")
  route POST "/sizes" (texts: [str]) -> bert.sizes(texts)
  route POST "/count" (text: str in body) -> bert.count(text)
}}
'''
GOLDENS = "tests/models/goldens"


def plan(folder, name="wordpiece"):
    return compile_plan(PROGRAM.format(dir=f"{GOLDENS}/{name}"), folder)


class Tokenizers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def post(self, server, path, body):
        status, _, answer = server.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        return status, json.loads(answer)

    def test_long_and_short_side_by_side(self):
        for options in ((), ("--loops", "2")):
            with self.subTest(options), Server(plan(self.folder), *options) as s:
                long, found = ["the of and to a in is it " * 2000] * 3, []
                threads = [threading.Thread(target=lambda: found.append(self.post(s, "/sizes", long)))
                           for _ in range(4)]
                for t in threads:
                    t.start()
                for _ in range(20):
                    self.assertEqual(self.post(s, "/sizes", ["the", ""]), (200, [5]))
                for t in threads:
                    t.join()
                self.assertEqual(found, [(200, [66006])] * 4)

    def test_too_long(self):
        with Server(plan(self.folder)) as s:
            self.assertEqual(self.post(s, "/count", "the of"), (200, 5))
            for path, body in (("/count", "a " * 100000), ("/sizes", ["a", "a " * 100000])):
                status, answer = self.post(s, path, body)
                self.assertEqual(status, 422)
                self.assertIn("the text has 100002 tokens, and may have 100000", json.dumps(answer))

    def test_memory_goes_back(self):
        with Server(plan(self.folder)) as s:
            body = ["the of and to a in is it " * 1000] * 4
            for _ in range(3):
                self.post(s, "/sizes", body)
            before = s.rss()
            for _ in range(30):
                self.assertEqual(self.post(s, "/sizes", body)[0], 200)
            self.assertLess(s.grown(before, 8 << 20), 8 << 20)

    def test_none_there(self):
        done = run(SGRUN, plan(self.folder, "no such"), "--listen", "127.0.0.1:0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"tokenizer {GOLDENS}/no such: there is no such folder", done.stderr)


if __name__ == "__main__":
    unittest.main()
