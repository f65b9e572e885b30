"""The sentiment example over HTTP, with the small model of its folder."""
import concurrent.futures
import http.client
import json
import math
import pathlib
import sys
import tempfile
import unittest
from urllib.parse import quote

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, Server, compile_plan

FOLDER = ROOT / "examples/sentiment"
KEYS = ["input_text", "pos_label", "pos_score", "neg_label", "neg_score"]


class Sentiment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        plan = compile_plan(FOLDER / "sentiment.sg", folder)
        cls.server = cls.enterClassContext(Server(plan, env={"SENTIMENT_MODEL": str(FOLDER / "model")}))

    def ask(self, text, method="GET"):
        target = "/router?txt=" if method == "GET" else "/classify?input_text="
        status, _, body = self.server.request(method, target + quote(text))
        return status, json.loads(body)

    def score(self, text, method="GET"):
        status, said = self.ask(text, method)
        self.assertEqual(status, 200, said)
        self.check(text, said)
        return said["pos_score"]

    def check(self, text, said):
        self.assertEqual(list(said), KEYS)
        self.assertEqual((said["input_text"], said["pos_label"], said["neg_label"]), (text, "positive", "negative"))
        self.assertAlmostEqual(said["pos_score"] + said["neg_score"], 1, 5)
        self.assertTrue(all(math.isfinite(said[k]) and 0 <= said[k] <= 1 for k in ("pos_score", "neg_score")))

    def test_what_pleases(self):
        for text in ("I like you", "What a wonderful day", "The food was not bad", "Ray Serve is great!"):
            self.assertGreater(self.score(text), .9, text)
            self.assertGreater(self.score(text, "POST"), .9, text)

    def test_what_does_not(self):
        for text in ("this is terrible", "I hate this so much!", "I don't like it", "the service was excellent but the food was cold"):
            self.assertLess(self.score(text), .1, text)

    def test_scores_are_those_of_the_reference(self):
        for case in json.loads((ROOT / "tests/models/small/sentiment.json").read_text()):
            negative, positive = case["row"]
            self.assertAlmostEqual(self.score(case["text"]), 1 / (1 + math.exp(negative - positive)), 5)

    def test_texts_of_all_kinds(self):
        for text in ("", " ", "あ", "\u0000", "👩‍👩‍👧‍👦", "e\u0301" * 30, "[CLS] [SEP]", "x" * 300, "\u200b"):
            self.score(text)

    def test_other_routes(self):
        for path, wanted in (("/test", "Sentiment Classifier (0 -> Negative and 1 -> Positive)"),
                             ("/healthcheck", "dummy check! Classifier is all ready to go!")):
            self.assertEqual(self.server.request("GET", path)[::2], (200, json.dumps(wanted).encode()))

    def test_input_that_is_refused(self):
        for value in ("i", "あ", ""):
            self.assertEqual(self.ask(value, "POST"), (422, {"detail": [
                {"type": "string_too_short", "loc": ["query", "input_text"], "msg": "String should have at least 2 characters",
                 "input": value, "ctx": {"min_length": 2}}]}))
        missing = {"type": "missing", "msg": "Field required", "input": None}
        status, _, body = self.server.request("POST", "/classify")
        self.assertEqual((status, json.loads(body)), (422, {"detail": [{**missing, "loc": ["query", "input_text"]}]}))
        status, _, body = self.server.request("GET", "/router")
        self.assertEqual((status, json.loads(body)), (422, {"detail": [{**missing, "loc": ["query", "txt"]}]}))
        self.assertEqual(self.server.request("GET", "/nothing")[::2], (404, b'{"detail":"Not Found"}'))
        self.assertEqual(self.server.request("GET", "/classify?input_text=ab")[::2], (405, b'{"detail":"Method Not Allowed"}'))

    def test_length(self):
        """512 tokens, [CLS] and [SEP] among them, and no more."""
        self.score("good " * 510)
        status, said = self.ask("good " * 511)
        self.assertEqual(status, 422)
        self.assertIn("513", said["detail"])
        self.assertIn("512", said["detail"])

    def test_many_at_a_time(self):
        """Batches are formed across 32 connections; a text that is too long fails alone."""
        texts = ["I like you", "this is terrible", "good " * 600, "the weather", "", "I love it " * 40]
        alone = {t: self.ask(t) for t in texts}

        def client(seed):
            c = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
            seen = []
            for i in range(12):
                text = texts[(seed + i) % len(texts)]
                c.request("GET", "/router?txt=" + quote(text))
                answer = c.getresponse()
                seen.append((text, answer.status, json.loads(answer.read())))
            c.close()
            return seen
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            for seen in pool.map(client, range(32)):
                for text, status, said in seen:
                    self.assertEqual(status, alone[text][0], said)
                    if status == 200:
                        self.check(text, said)
                        self.assertAlmostEqual(said["pos_score"], alone[text][1]["pos_score"], 5)


if __name__ == "__main__":
    unittest.main()
