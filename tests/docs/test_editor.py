"""The grammar for editors colours programs as the compiler reads them.

The engine below knows of TextMate what the grammar uses: match, begin and end,
captures, include.
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "lang"), str(TESTS / "tools")]
from support import LONG, ROOT, SGC
import editor_grammar
from layouts import Layout, pieces

FOLDER = ROOT / "grammar/editor"
GRAMMAR = json.loads((FOLDER / "servegraph.tmLanguage.json").read_text())
CLASSES, SOFT = editor_grammar.keywords()


class Engine:
    """Scopes of every character of a text, line by line as editors do it."""

    def __init__(self, grammar):
        self.grammar = grammar
        self.compiled = {}

    def regex(self, pattern):
        if pattern not in self.compiled:
            self.compiled[pattern] = re.compile(pattern)
        return self.compiled[pattern]

    def rules(self, patterns):
        for p in patterns:
            if "include" not in p:
                if "match" in p or "begin" in p:
                    yield p
                else:
                    yield from self.rules(p["patterns"])
            elif p["include"] == "$self":
                yield from self.rules(self.grammar["patterns"])
            else:
                yield from self.rules([self.grammar["repository"][p["include"][1:]]])

    def paint(self, scopes, start, end, name):
        for i in range(start, end):
            scopes[i] = scopes[i] + ((name,) if name else ())

    def captures(self, line, found, captures, scopes):
        for number, capture in (captures or {}).items():
            start, end = found.span(int(number))
            if start < 0:
                continue
            self.paint(scopes, start, end, capture.get("name"))
            for p in capture.get("patterns", []):
                for inner in self.regex(p["match"]).finditer(line, start, end):
                    self.paint(scopes, *inner.span(), p["name"])

    def line(self, line, stack):
        scopes, at = [()] * len(line), 0
        while True:
            best, rule = None, None
            name, end, patterns = stack[-1]
            if end:
                best = self.regex(end).search(line, at)
            for p in self.rules(patterns):
                found = self.regex(p.get("match") or p["begin"]).search(line, at)
                if found and (best is None or found.start() < best.start()):
                    best, rule = found, p
            around = [s[0] for s in stack if s[0]]
            stop = len(line) if best is None else best.start()
            for n in around:
                self.paint(scopes, at, stop, n)
            if best is None:
                return scopes
            for n in around:
                self.paint(scopes, *best.span(), n)
            if rule is None:
                stack.pop()
            elif "match" in rule:
                self.paint(scopes, *best.span(), rule.get("name"))
                self.captures(line, best, rule.get("captures"), scopes)
            else:
                self.paint(scopes, *best.span(), rule.get("name"))
                stack.append((rule.get("name"), rule["end"], rule.get("patterns", [])))
            if best.end() == at and rule is not None and "match" in rule:
                return scopes  # an empty match would stay here
            at = best.end()
            if rule is None and at == len(line) and best.start() == at:
                return scopes

    def text(self, text):
        stack = [(None, None, self.grammar["patterns"])]
        scopes = []
        for line in text.split("\n"):
            scopes += self.line(line, stack) + [()]
        return scopes


ENGINE = Engine(GRAMMAR)


def has(scopes, part):
    return any(part in s for s in scopes)


def programs():
    done = subprocess.run(["git", "ls-files", "*.sg"], cwd=ROOT, text=True, capture_output=True, check=True)
    for name in done.stdout.split()[::1 if LONG else 3]:
        text = (ROOT / name).read_bytes().decode(errors="replace")
        found = subprocess.run([SGC, "fmt", "-"], input=text.encode(), capture_output=True)
        if not found.returncode and "fuzz" not in name:
            yield name, text.replace("\r", "").removeprefix("\ufeff")


class Editor(unittest.TestCase):
    def test_up_to_date(self):
        self.assertEqual(GRAMMAR, json.loads(json.dumps(editor_grammar.grammar())))

    def test_files(self):
        package = json.loads((FOLDER / "package.json").read_text())
        version = subprocess.run([SGC, "--version"], text=True, capture_output=True).stdout.split()[1]
        self.assertEqual(package["version"], version)
        given = package["contributes"]
        self.assertEqual(given["grammars"][0]["scopeName"], GRAMMAR["scopeName"])
        for path in (given["grammars"][0]["path"], given["languages"][0]["configuration"]):
            self.assertTrue((FOLDER / path).exists())
        rules = json.loads((FOLDER / "language-configuration.json").read_text())["indentationRules"]
        for pattern in rules.values():
            re.compile(pattern)
        self.assertRegex("  app a { // x", rules["increaseIndentPattern"])
        self.assertNotRegex("  // app a {", rules["increaseIndentPattern"])

    def check(self, name, text):
        scopes = ENGINE.text(text)
        found, last = pieces(text)
        at, before = 0, ""
        for n, (gap, word) in enumerate(found):
            self.gap(name, gap, scopes[at:at + len(gap)])
            at += len(gap)
            behind = found[n + 1][0] + found[n + 1][1] if n + 1 < len(found) else ""
            self.word(name, word, before, behind, scopes[at:at + len(word)])
            at += len(word)
            before = word
        self.gap(name, last, scopes[at:])

    def gap(self, name, gap, scopes):
        """All of a comment is one, and nothing else."""
        for part in re.finditer(r"//[^\n]*|/\*.*?\*/", gap, re.S):
            for i in range(*part.span()):
                if gap[i] != "\n":
                    self.assertTrue(has(scopes[i], "comment"), (name, part[0]))
                    self.assertFalse(has(scopes[i], "string"), (name, part[0]))

    def word(self, name, word, before, behind, scopes):
        where = (name, before, word, behind, scopes)
        first = scopes[0]
        self.assertFalse(has(first, "comment"), where)
        if word[0] in "\"'":
            for i in (0, len(word) - 1):
                self.assertTrue(has(scopes[i], "string"), where)
            return
        self.assertFalse(has(first, "string"), where)
        if word[0].isdigit():
            self.assertTrue(has(first, "constant.numeric"), where)
            self.assertEqual(len(set(scopes)), 1, where)
        elif word[0].isalpha() or word[0] == "_":
            is_name = before == "." or behind.lstrip(" \t").startswith(":")
            keyword = has(first, "keyword") or has(first, "storage") or has(first, "constant.language")
            if word in CLASSES and word not in SOFT and not is_name:
                self.assertTrue(keyword, where)
            elif word not in SOFT:
                self.assertFalse(keyword, where)
        elif word in ("->", "+", "*", "/", "==", "|", "??"):
            self.assertTrue(has(first, "keyword.operator"), where)

    def test_every_program(self):
        seen = 0
        for name, text in programs():
            seen += 1
            self.check(name, text)
            if LONG:
                other = Layout(name, 0.3).of(text).replace("\r", "")
                done = subprocess.run([SGC, "fmt", "-"], input=other.encode(), capture_output=True)
                if not done.returncode:
                    self.check(name, other)
        self.assertGreater(seen, 60 if LONG else 20)

    def scopes_of(self, text, part):
        at = text.index(part)
        return ENGINE.text(text)[at]

    def test_samples(self):
        for text, part, scope in (
                ("deployment Model(w: int) {", "Model", "entity.name.type"),
                ("deployment Model(w: int) {", "int", "support.type"),
                ("  fn forward(x: str) -> str {", "forward", "entity.name.function"),
                ("  graph dag(x: int) -> int", "dag", "entity.name.function"),
                ("  bind m = Model(1)", "m ", "variable.other.definition"),
                ("  num_replicas: 2", "num_replicas", "variable.other.property"),
                ("  route: 2", "route", "variable.other.property"),
                ("  in: 2", "in", "variable.other.property"),
                ("  let route = 2", "route", "variable.other.definition"),
                ("  return x.map", "map", ""),
                ("  let y = map(f, xs)", "map", ""),
                ("type T = { a: map int }", "map", "storage.modifier"),
                ("type T = { a: tensor f32[B, 3] }", "f32", "support.type"),
                ('  route GET "/a/{id}" (id: int)', "GET", "constant.other.method"),
                ('  route GET "/a/{id}" (id: int)', "{id}", "variable.parameter.path"),
                ('  route "/a"', "route", "storage.type"),
                ('app a at "/x" {', " at", ""),
                ('app a at "/x" {', "at", "keyword.other"),
                ('test "a \\" b { c" {', "test", "storage.type"),
                ("server { loops: 2 }", "server", "storage.type"),
                ("  sleep(1.5ms)", "1.5ms", "constant.numeric.duration"),
                ("  let m = 2GiB", "2GiB", "constant.numeric.size"),
                ("  let p = 20%", "20%", "constant.numeric.percent"),
                ("  let p = 20 % x", "20", "constant.numeric.integer"),
                ("  let p = 1_000.5e-3", "1_000", "constant.numeric.float"),
                ("  let p = t.0.1", "0.1", "constant.numeric.integer"),
                ('  return "a {x + "b{y}"} c"', "x +", "meta.embedded"),
                ('  return "a {x + "b{y}"} c"', "y}", "meta.embedded"),
                ('  return "a {x} c"', "c", "string.quoted.double"),
                ('  return "a \\{x} c"', "x}", "string.quoted.double"),
                ('  return "a \\u{1F600} c"', "c\"", "string.quoted.double"),
                ("  return '{x}'", "x", "string.quoted.single"),
                ('  let x = """a\n"b" {y}\n c""" + d', '"b', "string.quoted.triple"),
                ("/// doc", "doc", "comment.line.documentation"),
                ("//// no doc", "no", "comment.line.double-slash"),
                ("x /* y\n z */ w", "z", "comment.block")):
            found = self.scopes_of(text, part)
            if scope:
                self.assertTrue(has(found, scope), (text, part, found))
            else:
                self.assertFalse(has(found, "keyword") or has(found, "storage"), (text, part, found))

    def test_what_is_open_ends_with_its_line(self):
        for text in ('let x = "never closed {a\nlet y = 1', "let x = 'never closed\nlet y = 1",
                     'let x = "a {b "c\nlet y = 1'):
            self.assertTrue(has(self.scopes_of(text, "let y"), "storage"), text)


if __name__ == "__main__":
    unittest.main()
