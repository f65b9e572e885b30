"""The library `models` on small models: what the reference made of the same texts
(tests/models/make_models.py wrote it down)."""
import json
import math
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, SGRUN, Server, compile_plan, run

SMALL = ROOT / "tests/models/small"
ROUTES = {"sentiment": SMALL / "sentiment.json", "embed": SMALL / "minilm/expected.json", "score": SMALL / "cross/expected.json",
          "next_gpt2": SMALL / "gpt2/expected.json", "next_llama": SMALL / "llama/expected.json"}
PARTS = {"sentiment", "embed", "score"}  # that give a row for each text; the others give one for each token
ONE = """use models
use tensor
deployment M(dir: str) {
  let net = models.%s(dir)
  fn row(text: str) -> [float] = tensor.list(net.%s(net.tokenize([text]))[0])
}
app a {
  bind m = M(env("MODEL"))
  route POST "/" (text: str in body) -> m.row(text)
}
"""


class Small(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        plan = compile_plan(ROOT / "tests/models/models.sg", folder)
        cls.server = cls.enterClassContext(Server(plan, env={"SG_ROOT": str(ROOT)}))

    def ask(self, route, texts):
        status, _, body = self.server.request("POST", "/" + route, json.dumps(texts), {"content-type": "application/json"})
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def near(self, row, wanted, about):
        self.assertEqual(len(row), len(wanted), about)
        self.assertLess(max(abs(a - b) for a, b in zip(row, wanted)), 2e-5, about)

    def test_each_text_alone(self):
        for route, path in ROUTES.items():
            for case in json.loads(path.read_text()):
                self.near(self.ask(route, [case["text"]])[-1], case["row"], (route, case["text"]))

    def test_texts_together(self):
        """A batch of texts of any length gives what each gives alone."""
        for route in PARTS:
            cases = json.loads(ROUTES[route].read_text()) * 5
            rows = self.ask(route, [c["text"] for c in cases])
            self.assertEqual(len(rows), len(cases))
            for case, row in zip(cases, rows):
                self.near(row, case["row"], (route, case["text"]))

    def test_rows_of_all_tokens(self):
        """Tokens of one text do not see those of another, nor those behind them."""
        for route in set(ROUTES) - PARTS:
            cases = [c for c in json.loads(ROUTES[route].read_text()) if c["text"]]
            rows = self.ask(route, [c["text"] for c in cases])
            at = 0
            for case in cases:
                at += len(self.ask(route, [case["text"]]))
                self.near(rows[at - 1], case["row"], (route, case["text"]))
            self.assertEqual(at, len(rows))

    def test_vectors_have_length_1(self):
        for row in self.ask("embed", ["a", "b c", ""]):
            self.assertAlmostEqual(math.hypot(*row), 1, 5)

    def test_no_texts(self):
        for route in ROUTES:
            self.assertEqual(self.ask(route, []), [])


class Folders(unittest.TestCase):
    """What is wrong with a folder is said when its replica starts."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.plan = compile_plan(ONE % ("bert", "embed"), self.folder)
        self.model = self.folder / "model"
        shutil.copytree(SMALL / "minilm", self.model)

    def refused(self, *parts):
        done = run(SGRUN, self.plan, "--check", env={"MODEL": str(self.model), "PATH": ""})
        self.assertNotEqual(done.returncode, 0)
        for part in parts:
            self.assertIn(part, done.stderr)

    def change(self, **fields):
        path = self.model / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    def test_good_ones(self):
        done = run(SGRUN, self.plan, "--check", env={"MODEL": str(self.model), "PATH": ""})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_no_folder(self):
        shutil.rmtree(self.model)
        self.refused("config.json")

    def test_no_weights(self):
        (self.model / "model.safetensors").unlink()
        self.refused(str(self.model), "safetensors")

    def test_another_model(self):
        shutil.copy(SMALL / "gpt2/model.safetensors", self.model / "model.safetensors")
        self.refused("embeddings.word_embeddings.weight", "missing")

    def test_no_tokenizer(self):
        for path in self.model.glob("tokenizer*"):
            path.unlink()
        self.refused(str(self.model))

    def test_config_of_nonsense(self):
        (self.model / "config.json").write_text("{")
        self.refused("JSON")
        (self.model / "config.json").write_text('{"num_attention_heads": 0}')
        self.refused("num_attention_heads")

    def test_heads_that_do_not_divide(self):
        self.change(num_attention_heads=5)
        with Server(self.plan, env={"MODEL": str(self.model)}) as server:
            status, _, body = server.request("POST", "/", "a")
            self.assertEqual(status, 500, body)
            self.assertEqual(server.request("GET", "/-/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main()
