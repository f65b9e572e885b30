#!/usr/bin/env python3
"""Fills the generated tables of docs/*.md from grammar/defs/*.def.

usage: docs_tables.py [--check]

A table stands between `<!-- table: NAME ARGUMENT -->` and `<!-- end -->`. With
--check nothing is written, and the exit status is 1 if something would change.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFS = ROOT / "grammar/defs"


def split_row(text):
    """The arguments of a macro call; adjacent C strings are one."""
    found = []
    for part in re.finditer(r'((?:\s*"(?:\\.|[^"\\])*")+)\s*(?:,|$)|([^,"]+)(?:,|$)', text):
        if part[1] is not None:
            pieces = re.findall(r'"((?:\\.|[^"\\])*)"', part[1])
            found.append(re.sub(r'\\(.)', lambda m: {"n": "\n"}.get(m[1], m[1]), "".join(pieces)))
        else:
            found.append(part[2].strip())
    return found


def rows(file, macro):
    text = re.sub(r"^\s*//.*$", "", (DEFS / file).read_text(), flags=re.M)
    for call in re.finditer(rf'^{macro}\(((?:"(?:\\.|[^"\\])*"|[^()"]|\([^()]*\))*)\)', text, re.M):
        yield split_row(call[1].replace("\n", " "))


def table(head, lines):
    def cell(text):
        return text.replace("|", "\\|").replace("\n", " ")
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    out += ["| " + " | ".join(cell(c) for c in line) + " |" for line in lines]
    return "\n".join(out)


def code(text):
    return f"`{text}`" if text else ""


WRITTEN = {  # how a kind of type is written, and what it is
    "none": ("none", "nothing"), "bool": ("bool", "true or false"), "int": ("int", "a whole number of 64 bits"),
    "float": ("float", "a number, IEEE 754 double"), "str": ("str", "text; lengths and indexes count code points"),
    "bytes": ("bytes", "bytes"), "json": ("json", "any JSON value"), "duration": ("duration", "a time span, to the nanosecond"),
    "size": ("size", "a number of bytes"), "time": ("time", "a moment"), "percent": ("percent", "a share"),
    "markdown": ("markdown", "text that answers as text/markdown"), "enum": ('"a" | "b"', "one of these texts"),
    "list": ("[T]", "a list"), "map": ("map T", "text keys to values, in order of insertion"),
    "tuple": ("(T, U)", "a tuple; its items are `.0`, `.1`"), "record": ("{ a: T, b: U = 1 }", "a record; fields may have defaults"),
    "optional": ("T?", "a T or none"), "union": ("A(x: T) | B(y: U)", "one of several records, taken apart by `match`"),
    "tensor": ("tensor f32[B, 3]", "a tensor; `[..]` is any shape"), "stream": ("stream T", "values that come one after another"),
    "step": ("step T", "what a node of a composition may answer"), "callable": ("fn(T) -> U", "something that can be called"),
    "secret": ("secret", "a text that is never shown"),
    "handle": ("Model", "a bound deployment, by the name of its declaration"),
}


def types(_):
    return table(["type", "is"], [(code(WRITTEN[name][0]), WRITTEN[name][1])
                                  for name, *_ in rows("types.def", "TYPE") if name in WRITTEN])


def limits(_):
    on = {"TEXT": "str, bytes", "NUMBER": "int, float", "ITEMS": "list, map", "PATTERN": "str"}
    return table(["constraint", "on", "a 422 of type"],
                 [(code(name), on[where], code(error)) for name, where, error, *_ in rows("limits.def", "LIMIT")])


def idle(place, name):
    """Whether a setting has no effect yet, by itself or as one of its group."""
    names = {row[1] for row in rows("../../compiler/idle.def", "IDLE") if row[0] == place}
    return name in names or name.split(".")[0] in names


def settings(place):
    return table(["setting", "type", "default", "means"],
                 [(code(name), code(kind), code(value), doc + " *No effect yet.*" * idle(place, name))
                  for _, places, name, kind, value, doc in rows("kinds.def", "SETTING")
                  if place in [p.strip() for p in places.split("|")]])


def operator_rows():
    yield from rows("ops.def", "OPERATOR")
    yield from rows("ops_tensor.def", "TENSOR_OPERATOR")


def operators(_):
    return table(["operator", "does"],
                 [(code(name + signature), doc)
                  for _, name, signature, _, _, doc in sorted(operator_rows(), key=lambda row: row[1])
                  if "." not in name or name.split(".")[0] not in [*libraries(), "metric"]])


def calls(_):
    """What looks like an operator and is a word of the language; of those not built, nothing."""
    later = re.search(r"later\[\] = \{([^}]*)\}", (ROOT / "compiler/check_call.c").read_text())[1]
    return table(["call", "does"], [(code(signature), doc) for name, signature, doc in
                                    rows(SPOKEN, "CALL") if f'"{name}"' not in later])


def keywords(_):
    """Each keyword with what an editor says of it, and whether it may be a name."""
    said = {word: doc for word, _, _, doc in rows(SPOKEN, "WORD")}
    grammar = (ROOT / "grammar/text/sg.y").read_text()
    soft = re.search(r"%token <struct name>\s+T_NAME(.*?)%token", grammar, re.S)[1]
    return table(["word", "means", "may be a name"],
                 [(code(word), said[word], "yes" * (f'"{word}"' in soft))
                  for _, word, _ in rows("../text/keywords.def", "KEYWORD")])


def units(_):
    found = {}
    for unit, token, worth in rows("../text/units.def", "UNIT"):
        found.setdefault(token.lower(), []).append(unit)
    return table(["quantity", "units"], [(kind, " ".join(map(code, all_))) for kind, all_ in found.items()])


def option(name, letter, argument):
    short = "" if letter == "0" else "-" + letter.strip("'") + ", "
    if argument == "NULL":
        return f"{short}--{name}"
    if argument.startswith("["):
        return f"{short}--{name}[={argument[1:]}"
    return f"{short}--{name} {argument}"


def options(program):
    return table(["option", "does"],
                 [(code(option(*spelled)), doc) for _, *spelled, doc in rows(f"../../{program}/options.def", "OPTION")])


def commands(_):
    return table(["command", "does"], [(code(f"sgc {name} {operands}".strip()), doc) for name, operands, _, _, doc in
                                       rows("../../compiler/commands.def", "COMMAND")])


LIBRARIES = ROOT / "stdlib"
SPOKEN = "../../compiler/lsp_words.def"  # what an editor says of words


def libraries():
    return sorted(path.stem for path in LIBRARIES.glob("*.sg"))


def head(line):
    """A function's first line without its body: up to `=` or `{` outside of brackets."""
    depth = 0
    for at, char in enumerate(line):
        depth += (char in "([") - (char in ")]")
        if not depth and char in "={" and line[at - 1] == " ":
            return line[:at].rstrip()
    return line


def one_line(text):
    """A declaration up to the line that closes its round and square brackets, or a type's braces."""
    open_, close = ("([{", ")]}") if text.startswith("type") else ("([", ")]")
    whole, depth = "", 0
    for line in text.splitlines():
        whole += " " * bool(whole) + line.strip()
        depth += sum(line.count(c) for c in open_) - sum(line.count(c) for c in close)
        if not depth:
            break
    return whole.replace("( ", "(").replace(" )", ")")


def documented(text, words, indent=""):
    """(word, name, where it stands, doc) of declarations at the beginning of a line."""
    for item in re.finditer(rf"((?:^{indent}///.*\n)*)^{indent}({words}) (\w+)", text, re.M):
        doc = "\n".join(line.strip()[3:].removeprefix(" ") for line in item[1].splitlines())
        if not item[3].startswith("_"):
            yield item[2], item[3], item.start(2), doc


def members(library):
    """(name, signature, doc) of what a library has: its .sg first, then its operators. A
    deployment's methods follow it."""
    text = (LIBRARIES / f"{library}.sg").read_text()
    for word, name, at, doc in documented(text, "fn|type|deployment"):
        whole = one_line(text[at:])
        yield name, whole if word == "type" else head(whole.removeprefix("fn ")), doc
        body = text[at:text.index("\n}", at)] if word == "deployment" else ""
        for _, method, place, about in documented(body, "fn", "  "):
            yield f"{name}.{method}", f"{name}." + head(one_line(body[place:]).removeprefix("fn ")), about
    for _, name, signature, attributes, _, doc in operator_rows():
        if name.startswith(library + ".") and not name.startswith(library + "._"):
            constant = signature.startswith("() ") and attributes == "PURE"
            yield name.split(".")[1], name.split(".")[1] + (":" + signature[5:] if constant else signature), doc


def library(name):
    lines = []
    for _, signature, doc in sorted(members(name), key=lambda m: m[0]):
        about, *shown = doc.split("\n")
        about += " " + " ".join(line for line in shown if not line.startswith("    "))
        lines.append((code(signature), about.strip(), "<br>".join(code(line.strip()) for line in shown
                                                                  if line.startswith("    "))))
    text = (LIBRARIES / f"{name}.sg").read_text()
    about = re.match(r"(?://.*\n)*", text)[0].replace("// ", "").replace("//", "")
    return about + "\n" + table(["function", "does", "for example"], lines)


TAKES = {"query": "a scalar, or a list of them: all values of that name", "path": "a scalar without `?`",
         "header": "a scalar, or a list of them: one for each field of that name", "cookie": "a scalar", "body": "whatever has JSON"}


def sources(_):
    return table(["source", "written", "gives"], [(name, code("x: T in " + word), TAKES[name]) for name, word in
                                                  rows("adapters.def", "SOURCE") if word != "from"])


def adapters(_):
    return table(["adapter", "gives", "reads"], [(code("from " + name), gives, reads) for name, gives, reads in
                                                 rows("adapters.def", "ADAPTER") if name != "none"])


ANSWERS = {"json": "what has JSON, and streams of it", "text": "text, and streams of it", "bytes": "bytes or text",
           "html": "text", "sse": "streams of what has JSON", "csv": "a list of records, tuples or lists; a table",
           "png": "a tensor that is an image", "markdown": "text"}


def forms(_):
    return table(["form", "content type", "of"], [(code("as " + name), code(kind), ANSWERS[name]) for name, kind in
                                                  rows("adapters.def", "FORM") if name != "auto"])


def unbuilt(_):
    return table(["id", "says"], [(f"SG{int(n):04d}", says) for n, _, severity, says, *_ in rows("diags.def", "DIAG")
                                  if n.startswith("9") and len(n) == 3 and severity == "SEVERITY_ERROR"])


def without_effect(_):
    where = {"DEPLOYMENT": "a deployment", "ROUTE": "a route", "CALL": "a call"}
    return table(["setting", "of", "what holds"], [(code(name), where[place], instead) for place, name, instead in
                                                   rows("../../compiler/idle.def", "IDLE")])


def opcodes(_):
    return table(["instruction", "a", "b", "c", "rule", "does"],
                 [(code(name), a.strip("_"), b.strip("_"), c.strip("_"), rule, doc)
                  for name, a, b, c, rule, doc in rows("opcodes.def", "OPCODE")])


def diagnostics(_):
    return table(["id", "name", "severity", "says"],
                 [(f"SG{int(n):04d}", name.replace("_", "-"), severity.removeprefix("SEVERITY_").lower(), says)
                  for n, name, severity, says, *_ in rows("diags.def", "DIAG")])


PLAN = ROOT / "grammar/plan/plan.h"
HOLDS = {"N": "a number", "E": "one of {}", "T": "a text", "R": "one of {}", "O": "one of {}, or none",
         "U": "a run of {}"}
WORDS = {"T": 2, "U": 2}  # of 32 bits; the others take one


def plan_tables():
    """(table, list of fields, comment) in the order of the file."""
    text = PLAN.read_text()
    for name, fields in re.findall(r"^  X\((\w+), \w+, (PLAN_\w+)\)", text, re.M):
        found = re.search(rf"((?:^//.*\n)*)^#define {fields}\(N, E, T, R, O, U\)((?:.*\\\n)*.*)", text, re.M)
        about = " ".join(line[2:].strip() for line in found[1].splitlines())
        rows_ = re.findall(r"\b([NETROU])\((\w+)(?:, (\w+))?\)", found[2])
        assert rows_ and about, fields
        yield name, rows_, about


def plan_records(_):
    out = []
    for name, fields, about in plan_tables():
        size = sum(4 * WORDS.get(how, 1) for how, *_ in fields)
        out += [f"### {name}", "", f"{about} ({size} bytes)", "",
                table(["field", "holds"],
                      [(code(field), HOLDS[how].format(f"`{of}`")) for how, field, of in fields]), ""]
    return "\n".join(out).rstrip()


def plan_words(_):
    """Each enumeration with its words, in the order of their numbers."""
    defs = {"TYPE_KINDS": ("types.def", "TYPE"), "LIMIT_KINDS": ("limits.def", "LIMIT"),
            "SOURCES": ("adapters.def", "SOURCE"), "ADAPTERS": ("adapters.def", "ADAPTER"),
            "FORMS": ("adapters.def", "FORM"), "SETTINGS": ("kinds.def", "SETTING"),
            "METRIC_KINDS": ("metrics.def", "METRIC")}
    used = dict.fromkeys(of for _, fields, _ in plan_tables() for how, _, of in fields if how == "E")
    lines = []
    for count in used:
        if count in defs:
            words = [row[0] for row in rows(*defs[count])]
        else:
            body = re.search(rf"\{{([^{{}}]*)\b{count}\b", re.sub(r"//.*", "", PLAN.read_text()))
            words = [w.split("_", 1)[1] for w in re.findall(r"\w+", body[1])]
        lines.append((code(count), ", ".join(f"{n} {w}" for n, w in enumerate(words))))
    return table(["enumeration", "words"], lines)


def plan_limits(_):
    body = re.search(r"enum \{\n(  TRY_DEPTH.*?)\n\};", PLAN.read_text(), re.S)
    found = re.findall(r"(\w+) = ([^,]+),\s*// (.*)", body[1])
    return table(["limit", "is", "of"], [(code(name), value, about) for name, value, about in found])


def opcode_rules(_):
    text = (DEFS / "opcodes.def").read_text().split("//   rule ", 1)[1].split("\nOPCODE", 1)[0]
    found = []
    for line in text.splitlines()[1:]:
        start = re.match(r"//     (\w+) {2,}(.*)", line) or re.match(r"//     ([A-Z_]+) (.*)", line)
        if start and not line.startswith("//       "):
            found.append([start[1], start[2].strip()])
        elif line.strip("/ "):
            found[-1][1] += " " + line.strip("/ ")
    return table(["rule", "says"], found)


def filled(text):
    def fill(found):
        name, _, argument = found[1].partition(" ")
        made = globals()[name](argument)
        return f"<!-- table: {found[1]} -->\n{made}\n<!-- end -->"
    return re.sub(r"<!-- table: ([^>]+?) -->\n.*?<!-- end -->", fill, text, flags=re.S)


def main():
    stale = []
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text()
        made = filled(text)
        if made != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(made)
    if stale and "--check" in sys.argv:
        print("not up to date (make docs): " + ", ".join(stale))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
