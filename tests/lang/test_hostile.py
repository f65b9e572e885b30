"""Sources that are hard on a parser: very deep, very long, cut off, not text.

Each is answered within a few seconds by few diagnostics, and never by a crash.
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC

N = 100_000


def check(source, path="-"):
    done = subprocess.run([SGC, "--dump=ast", path], input=source, timeout=60,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = done.stderr.decode("utf-8", "replace")
    heads = [line for line in text.splitlines()
             if " error: " in line or " warning: " in line]
    return done.returncode, heads, text


class Hostile(unittest.TestCase):
    def one(self, source, name):
        """One error, of this name."""
        status, heads, text = check(source)
        self.assertEqual(status, 1, text[:500])
        self.assertEqual([h.split("[SG")[-1].split()[1] for h in heads], [name + "]"])
        for line in text.splitlines():
            self.assertLess(len(line), 400)

    def few(self, source, most=102):
        status, heads, text = check(source)
        self.assertEqual(status, 1, text[:500])
        self.assertTrue(1 <= len(heads) <= most, heads[:5])

    def fine(self, source, path="-"):
        status, heads, text = check(source, path)
        self.assertEqual((status, heads), (0, []), text[:500])

    def test_nested_brackets(self):
        for opening, closing in ("()", "[]", "{}"):
            with self.subTest(opening):
                source = "fn f() = " + opening * 10_000 + "1" + closing * 10_000
                if opening != "{":
                    self.one(source.encode(), "too-deep")
                else:
                    self.few(source.encode(), 2)
                self.few(("fn f() = " + opening * N).encode(), 2)
        self.fine(b"fn f() = " + b"(" * 199 + b"1" + b")" * 199)

    def test_nested_blocks(self):
        self.one(b"fn f() { " + b"if a { " * 5000 + b"}" * 5001, "too-deep")

    def test_long_chains(self):
        for part, join in (("a", " + "), ('"a"', " | "), ("a", " and "), ("a", "."),
                           ("a", " / "), ("a", " ?? "), ("a", " by ")):
            with self.subTest(join):
                self.one(b"fn f() = " + join.join([part] * N).encode(), "too-deep")
        self.one(b"fn f() = a" + b"()" * N, "too-deep")
        self.one(b"fn f() = a" + b"[0]" * N, "too-deep")
        self.fine(b"fn f() = " + b" + ".join([b"a"] * 900))

    def test_long_prefixes(self):
        for word in ("not ", "- ", "if a then ", "if a then b else ", "fn(x) = "):
            with self.subTest(word):
                self.one(b"fn f() = " + word.encode() * N + b"a", "too-deep")

    def test_long_types(self):
        self.one(b"type T = " + b"stream " * N + b"T", "too-deep")
        self.one(b"type T = a" + b"? " * N, "too-deep")
        self.one(b"type T = " + b"fn() -> " * N + b"T", "too-deep")
        self.fine(b"type T = " + b" | ".join([b'"a"'] * N))
        self.fine(b"type T = {" + b"a: int, " * N + b"}")

    def test_long_lists(self):
        self.fine(b"fn f() = [" + b"1, " * N + b"]")
        self.fine(b"fn f() { if a { }" + b" else if a { }" * (N // 4) + b" }")
        self.fine(b"/// doc\nfn f() = 1\n" * (N // 4))

    def test_a_line_of_a_megabyte(self):
        self.fine(b'fn f() = "' + b"x" * 1_000_000 + b'"')
        self.fine(b"fn f() = " + b"x" * 1_000_000)
        self.fine(b'fn f() = "' + b"{x}" * 300_000 + b'"')
        self.fine(b"fn f() = 1" + b" " * 1_000_000 + b"\n// " + b"x" * 1_000_000)
        self.one(b"fn f() = " + b"x" * 1_000_000 + b" y", "syntax-error")
        self.one(b"fn f() = " + b"9" * 1_000_000, "number-too-large")
        self.one(b'fn f() = "' + b"x" * 1_000_000, "unclosed-string")

    def test_places_in_a_line_of_a_megabyte(self):
        source = 'fn f() -> [str] = ["é", ' + ", ".join(f"no{i}" for i in range(N)) + "]\n"
        done = subprocess.run([SGC, "check", "--json", "-"], input=source.encode(), timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = (done.stdout + done.stderr).decode().splitlines()
        self.assertGreaterEqual(len(lines), 1000)
        for line in lines:
            at = json.loads(line)
            name = re.search("no[0-9]+", at["message"])
            if name:
                self.assertEqual((at["line"], at["column"]),
                                 (1, source.index(name[0] + ",") + 1))

    def test_strings_in_strings(self):
        for piece in ('"{', '"{"', '"""{"', "{x", "'\n", "\\", '{"'):
            with self.subTest(piece):
                self.few(b'fn f() = "' + piece.encode() * N)

    def test_errors_on_every_line(self):
        for line in ("a b\n", "$ \n", "}\n", ")\n", "let\n", "fn f(\n", "'\n"):
            with self.subTest(line):
                self.few(line.encode() * N)

    def test_bytes_that_are_no_text(self):
        self.one(b"fn f() = 1\n  \xc3(", "invalid-utf8")
        self.assertIn(":2:3: ", check(b"fn f() = 1\n  \xc3(")[2])
        self.one(b"fn f()\0 = 1", "nul-byte")
        self.few(b"\xff" * N, 10)
        self.few(bytes(range(256)) * 10, 20)
        self.fine(b"\xef\xbb\xbffn f() = 1\r\n")

    def test_cut_anywhere(self):
        """Every beginning of a program is answered, at most by a few errors."""
        whole = (ROOT / "examples/agents/agents.sg").read_bytes()
        for size in range(0, len(whole), 7):
            status, heads, text = check(whole[:size])
            self.assertIn(status, (0, 1), text)
            self.assertLess(len(heads), 5, text)

    def test_nothing(self):
        for source in (b"", b"\n\n", b"  ", b"// x", b"/* */", b"\xef\xbb\xbf"):
            self.fine(source)

    def test_examples_parse(self):
        found = sorted((ROOT / "examples").glob("*/*.sg"))
        self.assertGreaterEqual(len(found), 9)
        for path in found:
            with self.subTest(path.name):
                self.fine(b"", path)


if __name__ == "__main__":
    unittest.main()
