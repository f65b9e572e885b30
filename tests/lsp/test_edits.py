"""Random edits of real programs, each followed by questions at random places.

The server may say nothing useful of what is half written; it must not fail, and
when the text is whole again it must say what it said of it at first.
"""
import pathlib
import random
import unittest

from editor import Editor, Refused, place
from support import LONG, ROOT

PIECES = ["(", ")", "{", "}", "[", "]", ".", ",", ":", "=", "->", "\"", "'", "\n",
          " ", "|", "&", "by ", "let x = ", "match x {", "fn f(", "return ", "if ",
          "else", "//", "/*", "\"\"\"", "é", "\U0001F600", "\r\n", "\0x", "state s = ",
          "type T = ", "use \"./b.sg\"\n", "use text\n", "app a {", "bind b = ", "route GET ",
          "deployment D(", "with {", "...", "?", "??", "as ", "batch(", "x: ", "for ",
          "loop(", "try {", "stub ", "emit ", "yield ", "{ autoscaling: {", "_ -> "]
QUESTIONS = ["hover", "completion", "signatureHelp", "definition", "references",
             "prepareRename", "documentHighlight", "typeDefinition", "rename",
             "documentSymbol", "semanticTokens/full", "foldingRange", "codeAction"]


def programs():
    found = sorted(ROOT.glob("examples/*/*.sg")) + sorted(ROOT.glob("tests/lang/run/*.sg")) \
        + sorted(ROOT.glob("tests/lang/check/*.sg"))
    return [p for p in found if p.stat().st_size < 20000]


def ask(e, rng, name):
    text = e.texts[name]
    params = {"textDocument": {"uri": e.uri(name)},
              "position": place(text, rng.randrange(len(text) + 1)),
              "newName": rng.choice(["x", "renamed", "str", "if"]),
              "context": {"includeDeclaration": True, "diagnostics": []}}
    params["range"] = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
    method = "textDocument/" + rng.choice(QUESTIONS[:2] * 4 + QUESTIONS)
    answer = e.answer(e.ask(method, params))
    assert answer.get("error", {}).get("code", -32803) == -32803, (method, answer)


def damage(rng, text):
    """One edit: (from, to, what stands there then)."""
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(5)
    if kind == 0:  # as when typing goes on
        return at, at, rng.choice(PIECES)
    if kind == 1:
        return at, min(len(text), at + rng.randrange(1, 30)), ""
    if kind == 2:  # a piece of the text, elsewhere
        other = rng.randrange(len(text) + 1)
        return at, at, text[other:other + rng.randrange(1, 60)]
    if kind == 3:  # half of a line is gone
        end = text.find("\n", at)
        return at, len(text) if end < 0 else end, ""
    return at, min(len(text), at + rng.randrange(1, 8)), rng.choice(PIECES)


class Edits(unittest.TestCase):
    def test_random_edits(self):
        rng = random.Random(4)
        rounds, questions = (400, 4) if LONG else (60, 2)
        sources = programs()
        self.assertGreater(len(sources), 20)
        with Editor() as e:
            e.write("b.sg", "type FromB = { b: int }\n")
            for n in range(rounds):
                whole = rng.choice(sources).read_text()
                first = e.open("a.sg", whole)
                for _ in range(rng.randrange(1, 8)):
                    text = e.texts["a.sg"]
                    start, end, more = damage(rng, text)
                    change = {"range": {"start": place(text, start), "end": place(text, end)},
                              "text": more}
                    e.texts["a.sg"] = text[:start] + more + text[end:]
                    e.change("a.sg", [change])
                    for _ in range(questions):
                        ask(e, rng, "a.sg")
                again = e.replace("a.sg", whole)
                self.assertEqual(first, again)
                e.notify("textDocument/didClose", {"textDocument": {"uri": e.uri("a.sg")}})
            e.request("shutdown", None)
            e.notify("exit", None)
            e.server.wait(60)
        self.assertEqual((e.server.returncode, e.errors), (0, ""))


if __name__ == "__main__":
    unittest.main()
