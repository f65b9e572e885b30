"""Every example compiles, passes its tests and is drawn without a warning; those that
use what is not built yet are refused with diagnostics that say so."""
import html
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, run

NOT_BUILT = {"agents/agents.sg", "chatbot/chatbot.sg", "distilbert/distilbert.sg",
             "sentiment/sentiment.sg", "services/chat_server.sg", "services/ingestion.sg",
             "services/production.sg", "services/services.sg"}
PROGRAMS = {str(p.relative_to(ROOT / "examples")): p
            for p in sorted((ROOT / "examples").glob("*/*.sg"))}


class Examples(unittest.TestCase):
    def test_programs(self):
        built = [name for name in PROGRAMS if name not in NOT_BUILT]
        self.assertIn("tutorial/tutorial.sg", built)
        for name in built:
            with self.subTest(name):
                done = run(SGC, "check", PROGRAMS[name])
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                done = run(SGC, "test", PROGRAMS[name])
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, r"\n[1-9]\d* passed, 0 failed")

    def test_pictures(self):
        for name in PROGRAMS:
            if name in NOT_BUILT:
                continue
            with self.subTest(name):
                picture = run(SGC, "--graphviz", PROGRAMS[name])
                self.assertEqual((picture.returncode, picture.stderr), (0, ""))
                drawn = run("dot", "-Tsvg", input=picture.stdout)
                self.assertEqual((drawn.returncode, drawn.stderr), (0, ""))
                self.assertIn("</svg>", drawn.stdout)

    def test_what_is_not_built_says_so(self):
        """No crash and no silent skip: at least one diagnostic of the 09xx family."""
        self.assertLessEqual(NOT_BUILT, set(PROGRAMS))
        for name in sorted(NOT_BUILT):
            with self.subTest(name):
                done = run(SGC, "check", "--json", PROGRAMS[name])
                self.assertEqual(done.returncode, 1)
                found = [json.loads(line) for line in done.stderr.splitlines()]
                ids = [d["id"] for d in found]
                self.assertTrue(any(i.startswith("SG09") for i in ids), ids)
                self.assertNotIn("SG0007", ids)

    def test_the_picture_in_the_readme_is_the_tutorial(self):
        """docs/tutorial.svg shows every node that `sgc --graphviz` draws."""
        picture = run(SGC, "--graphviz", PROGRAMS["tutorial/tutorial.sg"]).stdout
        drawn = html.unescape((ROOT / "docs/tutorial.svg").read_text())
        for node in ("preprocessor", "avg_preprocessor", "combiner", "m1", "m2", "/my-dag"):
            self.assertIn(node, picture)
            self.assertTrue(f">{node}<" in drawn, node)


if __name__ == "__main__":
    unittest.main()
