#!/usr/bin/env python3
"""Writes grammar/editor/servegraph.tmLanguage.json from the lists of words.

usage: editor_grammar.py [--check]

With --check nothing is written, and the exit status is 1 if it would change. The
grammar is TextMate's: what VS Code, Sublime Text and others colour by. Keywords,
types and units come from grammar/; what stands around them is said here.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "grammar/editor/servegraph.tmLanguage.json"
WORD = r"[A-Za-z_][A-Za-z0-9_]*"
ALONE = r"(?<![.\w])"              # behind a dot everything is a name
NO_NAME = r"(?!\w)(?!\s*:(?!=))"   # and so is what stands before a colon

# A soft keyword is one only in front of these, else a name.
NEXT = {
    "use": rf"\s+(?:{WORD}|\")", "type": rf"\s+{WORD}", "deployment": rf"\s+{WORD}",
    "metric": rf"\s+{WORD}", "resource": rf"\s+{WORD}", "app": rf"\s+{WORD}",
    "override": rf"\s+{WORD}", "server": r"\s*\{", "test": r"\s*\"", "stub": rf"\s+{WORD}",
    "bind": rf"\s+{WORD}", "graph": rf"\s+{WORD}", "flow": rf"\s+{WORD}",
    "route": rf"\s+(?:{WORD}\s+)?\"", "state": rf"\s+{WORD}", "on": rf"\s+{WORD}\s*\"",
    "at": r"\s*\"", "from": rf"\s+{WORD}", "limit": r"\s+[\w(]",
    "map": rf"\s+[\w\[({{]", "stream": r"\s+[\w\[({]", "step": r"\s+[\w\[({]",
    "tensor": rf"\s+{WORD}\s*\[",
}
SCOPES = {
    "DECLARATION": "storage.type", "STATEMENT": "keyword.control", "OPERATOR": "keyword.operator.word",
    "CLAUSE": "keyword.other", "TYPE": "storage.modifier", "CONSTANT": "constant.language",
}
# What a declaration names.
NAMED = {
    "entity.name.type": ["deployment", "type", "app"],
    "entity.name.function": ["fn", "graph", "flow"],
    "variable.other.definition": ["bind", "let", "var", "state", "metric", "resource"],
}


def rows(file, macro):
    text = (ROOT / "grammar" / file).read_text()
    return [[part.strip().strip('"') for part in call.split(",")]
            for call in re.findall(rf"^{macro}\(([^)]*)\)", text, re.M)]


def keywords():
    """{word: class}, and those that may be names."""
    classes = {text: what for _, text, what in rows("text/keywords.def", "KEYWORD")}
    first = re.search(r"%token <struct name>(.*?)%token", (ROOT / "grammar/text/sg.y").read_text(), re.S)
    soft = set(re.findall(r'T_\w+ "(\w+)"', first[1])) & set(classes)
    assert soft == set(NEXT), soft ^ set(NEXT)
    return classes, soft


def types():
    """The words that are types by themselves."""
    found = [row[1] for row in rows("defs/types.def", "TYPE")]
    plain = "none bool int float str bytes json duration size time percent markdown secret table request".split()
    assert set(plain) - {"table", "request"} <= set(found)
    return [t for t in plain if t != "none"]


def one_of(words):
    return "(?:" + "|".join(sorted(words, key=lambda w: (-len(w), w))) + ")"


def scope(name):
    return name + ".servegraph"


def declarations():
    found = []
    for what, words in NAMED.items():
        found.append({"match": rf"{ALONE}({one_of(words)})\s+({WORD})",
                      "captures": {"1": {"name": scope("storage.type")}, "2": {"name": scope(what)}}})
    return found


def words():
    classes, soft = keywords()
    found = []
    for what, name in SCOPES.items():
        hard = [w for w, c in classes.items() if c == what and w not in soft]
        if hard:
            found.append({"name": scope(name), "match": ALONE + one_of(hard) + NO_NAME})
        for w in sorted(w for w in soft if classes[w] == what):
            found.append({"name": scope(name), "match": rf"{ALONE}{w}(?={NEXT[w]})"})
    return found


def numbers():
    units = {}
    for text, token, _ in rows("text/units.def", "UNIT"):
        units.setdefault(token.lower(), []).append(text)
    digits = r"(?<![\w.])\d[\d_]*(?:\.\d[\d_]*)?"
    after_dot = r"(?<=\.)\d+"
    return ([{"name": scope(f"constant.numeric.{kind}"), "match": digits + one_of(names) + r"(?!\w)"}
             for kind, names in units.items()] +
            [{"name": scope("constant.numeric.percent"), "match": digits + r"%(?![\w(\[\"'])"},
             {"name": scope("constant.numeric.float"),
              "match": r"(?<![\w.])\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d+)?|[eE][+-]?\d+)(?!\w)"},
             {"name": scope("constant.numeric.integer"), "match": rf"(?:(?<![\w.])\d[\d_]*|{after_dot})(?!\w)"}])


def strings():
    inside = [{"include": "#escapes"}, {"include": "#hole"}]
    return [
        {"name": scope("string.quoted.triple"), "begin": '"""', "end": '"""', "patterns": inside},
        {"name": scope("string.quoted.double"), "begin": '"', "end": '"|$', "patterns": inside},
        {"name": scope("string.quoted.single.raw"), "match": r"'[^'\n]*(?:'|$)"},
    ]


def grammar():
    dtypes = [row[0] for row in rows("defs/dtypes.def", "DTYPE")]
    order = ["comments", "route", "strings", "declarations", "keywords", "fields", "numbers", "types", "calls",
             "operators"]
    return {
        "name": "ServeGraph", "scopeName": "source.servegraph", "fileTypes": ["sg"],
        "patterns": [{"include": f"#{name}"} for name in order],
        "repository": {
            "comments": {"patterns": [
                {"name": scope("comment.line.documentation"), "match": r"///(?!/).*$"},
                {"name": scope("comment.line.double-slash"), "match": r"//.*$"},
                {"name": scope("comment.block"), "begin": r"/\*", "end": r"\*/"}]},
            "route": {"patterns": [{
                "match": rf'{ALONE}(route)\s+(?:({WORD})\s+)?("[^"\n]*")',
                "captures": {
                    "1": {"name": scope("storage.type")},
                    "2": {"name": scope("constant.other.method")},
                    "3": {"name": scope("string.quoted.double.path"),
                          "patterns": [{"name": scope("variable.parameter.path"), "match": r"\{[^}]*\}"}]}}}]},
            "strings": {"patterns": strings()},
            "escapes": {"patterns": [
                {"name": scope("constant.character.escape"), "match": r"\\(?:u\{[0-9A-Fa-f]+\}|.)"}]},
            "hole": {"patterns": [{
                "name": scope("meta.embedded.hole"), "begin": r"\{", "end": r"\}",
                "beginCaptures": {"0": {"name": scope("punctuation.section.embedded")}},
                "endCaptures": {"0": {"name": scope("punctuation.section.embedded")}},
                "patterns": [{"include": "#braces"}, {"include": "$self"}]}]},
            "braces": {"patterns": [{"begin": r"\{", "end": r"\}",
                                     "patterns": [{"include": "#braces"}, {"include": "$self"}]}]},
            "declarations": {"patterns": declarations()},
            "keywords": {"patterns": words()},
            "fields": {"patterns": [
                {"name": scope("variable.other.property"), "match": rf"(?<!\w){WORD}(?=\s*:(?!=))"}]},
            "numbers": {"patterns": numbers()},
            "types": {"patterns": [
                {"name": scope("support.type"), "match": ALONE + one_of(types()) + NO_NAME},
                {"name": scope("support.type"), "match": rf"(?<=tensor )\s*{one_of(dtypes)}(?=\s*\[)"}]},
            "calls": {"patterns": [
                {"name": scope("entity.name.function.call"), "match": rf"(?<!\w){WORD}(?=\()"}]},
            "operators": {"patterns": [
                {"name": scope("keyword.operator"),
                 "match": r"->|\.\.\.?|\?\?|[=!<>]=|[-+*/]=|[-+*/%&|=<>?]"}]},
        },
    }


def main():
    text = json.dumps(grammar(), indent=2) + "\n"
    if sys.argv[1:] != ["--check"]:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        print(f"{TARGET.relative_to(ROOT)} is not up to date: run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
