"""Every example compiles, passes its tests and is drawn without a warning; those that
use what is not built yet are refused with diagnostics that say so."""
import html
import json
import pathlib
import re
import shlex
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, Server, compile_plan, run

NO_MODEL = {"chatbot/chatbot.sg": "blenderbot"}  # that the library has not yet
NOT_BUILT = {*NO_MODEL, "services/chat_server.sg", "services/ingestion.sg",
             "services/production.sg", "services/services.sg"}
# Programs as users write them, kept as they were: what they do is tested elsewhere.
WITHOUT_TESTS = {"distilbert/distilbert.sg", "sentiment/sentiment.sg"}
PROGRAMS = {str(p.relative_to(ROOT / "examples")): p
            for p in sorted((ROOT / "examples").glob("*/*.sg"))}


def questions(readme):
    """(curl command, what it prints) of the blocks of a page."""
    for block in re.findall(r"^```\n(.*?)^```$", readme.read_text(), re.M | re.S):
        for part in re.split(r"^(?=curl |build/)", block, flags=re.M):
            if part.startswith("curl "):
                command, _, expected = part.partition("\n")
                yield command, expected.strip()


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
                few = "0" if name in WITHOUT_TESTS else r"[1-9]\d*"
                self.assertRegex("\n" + done.stdout, rf"\n{few} passed, 0 failed")

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

    def test_readmes(self):
        """What a README asks is answered, and as it says where it says so."""
        asked = 0
        for name, path in PROGRAMS.items():
            readme = path.parent / "README.md"
            if name in NOT_BUILT or not readme.exists() or path.stem != path.parent.name:
                continue
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                plan = compile_plan(path, folder)
                with Server(plan, env={"SENTIMENT_MODEL": str(path.parent / "model")}) as server:
                    for command, expected in questions(readme):
                        asked += self.ask(server, command, expected)
        self.assertGreater(asked, 20)

    def ask(self, server, command, expected):
        words = [w.replace(":8000", f":{server.port}") for w in shlex.split(command)]
        answer = run(*words[:1], "--no-progress-meter", *words[1:])
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertNotIn("Internal", answer.stdout)
        if expected:
            self.assertEqual(answer.stdout.replace("\r", "").strip(), expected, command)
        return 1

    def test_what_is_not_built_says_so(self):
        """No crash and no silent skip: at least one diagnostic of the 09xx family."""
        self.assertLessEqual(NOT_BUILT, set(PROGRAMS))
        for name in sorted(NOT_BUILT):
            with self.subTest(name):
                done = run(SGC, "check", "--json", PROGRAMS[name])
                self.assertEqual(done.returncode, 1)
                found = [json.loads(line) for line in done.stderr.splitlines()]
                ids = [d["id"] for d in found]
                if name in NO_MODEL:
                    self.assertIn(f"the library `models` has no `{NO_MODEL[name]}`", found[0]["message"])
                    continue
                self.assertTrue(any(i.startswith("SG09") for i in ids), ids)
                self.assertNotIn("SG0007", ids)

    def test_pictures_in_pages_are_the_programs(self):
        """What a committed picture says is what `sgc --graphviz` draws; `make pictures`."""
        pages = {ROOT / "docs/tutorial.svg": PROGRAMS["tutorial/tutorial.sg"]}
        for program in PROGRAMS.values():
            if program.stem == program.parent.name and (program.parent / "picture.svg").exists():
                pages[program.parent / "picture.svg"] = program
        self.assertGreater(len(pages), 9)
        for page, program in pages.items():
            with self.subTest(str(page)):
                picture = run(SGC, "--graphviz", program.relative_to(ROOT), cwd=ROOT).stdout
                self.assertEqual(words(page.read_text()), words(run("dot", "-Tsvg", input=picture).stdout))
                if page.parent.name != "docs":
                    self.assertIn("](picture.svg)", (page.parent / "README.md").read_text())


def words(svg):
    return sorted(html.unescape(t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg))


if __name__ == "__main__":
    unittest.main()
