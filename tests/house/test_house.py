"""The house rules that a program can check: layers, layout, banned functions."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = {"Makefile", "README.md", "LICENSE", "grammar", "compiler", "runtime",
       "stdlib", "examples", "tests", "docs"}

# Who may include whom: the rooms of a program, and below each what it stands on.
# Lists (.def) are data, and free to all who may read grammar.
MAY = {
    "grammar/base": {"grammar/base"},
    "grammar/defs": {"grammar/base", "grammar/defs"},
    "grammar/plan": {"grammar/base", "grammar/defs", "grammar/plan"},
    "grammar/text": {"grammar/base", "grammar/text"},
    "compiler": {"grammar", "compiler"},
    "runtime/plan": {"grammar", "runtime/plan"},
    "runtime/value": {"grammar", "runtime/value"},
    "runtime/codec": {"grammar", "runtime/codec", "runtime/value"},
    "runtime/serve": {"grammar", "runtime/serve", "runtime/value"},
    "runtime/tensor": {"grammar", "runtime/tensor", "runtime/value", "runtime/codec"},
    "runtime/vm": {"grammar", "runtime/vm", "runtime/value", "runtime/codec",
                   "runtime/serve", "runtime/tensor"},
    "runtime/net": {"grammar", "runtime/net", "runtime/value", "runtime/codec",
                    "runtime/vm/engine.h", "runtime/plan",
                    "runtime/serve/metrics.h", "runtime/serve/session.h"},
    "runtime": {"grammar", "runtime"},
    "stdlib/ops/tokenize": {"grammar", "stdlib/ops/tokenize", "runtime/value",
                            "runtime/codec"},
    "stdlib/ops": {"grammar", "stdlib/ops", "runtime/value", "runtime/codec",
                   "runtime/tensor", "runtime/vm/operator.h"},
}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof"
                    r"|alloca|setlocale|system|mktemp|tmpnam)\s*\(")


def sources():
    done = subprocess.run(["git", "ls-files", "--cached", "--others",
                           "--exclude-standard"], cwd=ROOT, text=True,
                          capture_output=True, check=True)
    return [pathlib.Path(p) for p in done.stdout.splitlines() if (ROOT / p).exists()]


def code_files():
    return [p for p in sources() if p.suffix in (".c", ".h", ".l", ".y", ".def")]


def rule_for(path):
    for folder, allowed in MAY.items():
        if str(path).startswith(folder + "/"):
            return allowed
    return None


def may_include(allowed, target):
    if target.startswith("grammar/defs/") and target.endswith(".def"):
        return True
    return any(target == a or target.startswith(a + "/") for a in allowed)


def includes():
    """(file, what it includes) of every include in quotes."""
    for path in code_files():
        for target in re.findall(r'^\s*#\s*include\s+"([^"]+)"',
                                 (ROOT / path).read_text(), re.M):
            yield path, target


def cycle(arrows):
    """A way from a folder back to itself, as a list; [] when there is none."""
    done = set()

    def visit(folder, way):
        if folder in way:
            return way[way.index(folder):] + [folder]
        if folder in done:
            return []
        for to in sorted(arrows.get(folder, ())):
            found = visit(to, way + [folder])
            if found:
                return found
        done.add(folder)
        return []

    for folder in sorted(arrows):
        found = visit(folder, [])
        if found:
            return found
    return []


class House(unittest.TestCase):
    def test_layers(self):
        """compiler -> grammar <- runtime, and within a program earlier rooms only."""
        wrong, seen = [], 0
        for path, target in includes():
            allowed = rule_for(path)
            if allowed is None:
                continue
            seen += 1
            if target.split("/")[0] not in ("grammar", "compiler", "runtime", "stdlib"):
                wrong.append(f"{path}: \"{target}\" is not written from the root")
            elif not may_include(allowed, target):
                wrong.append(f"{path} may not include {target}")
        self.assertGreater(seen, 50)
        self.assertEqual(wrong, [])

    def test_no_cycles_between_folders(self):
        arrows = {}
        for path, target in includes():
            room = str(path.parent)
            to = str(pathlib.PurePosixPath(target).parent)
            if rule_for(path) and to != room and not target.endswith(".def"):
                arrows.setdefault(room, set()).add(to)
        self.assertGreater(len(arrows), 8)
        self.assertEqual(cycle(arrows), [])

    def test_the_cycle_rule_can_fail(self):
        self.assertEqual(cycle({"a": {"b", "c"}, "b": {"c"}, "c": {"a"}}),
                         ["a", "b", "c", "a"])
        self.assertEqual(cycle({"a": {"b", "c"}, "b": {"c"}}), [])

    def test_the_layer_rule_can_fail(self):
        self.assertFalse(may_include(MAY["compiler"], "runtime/value/value.h"))
        self.assertFalse(may_include(MAY["compiler"], "runtime/serve/blocks.def"))
        self.assertFalse(may_include(MAY["stdlib/ops"], "runtime/vm/engine.h"))
        self.assertTrue(may_include(MAY["compiler"], "grammar/plan/plan.h"))

    def test_top_level(self):
        top = {p.parts[0] for p in sources() if not p.parts[0].startswith(".")}
        self.assertEqual(top, TOP)

    def test_banned_functions(self):
        found = []
        for path in code_files():
            for n, line in enumerate((ROOT / path).read_text().splitlines(), 1):
                code = re.sub(r'"(\\.|[^"\\])*"|//.*', "", line)
                if BANNED.search(code):
                    found.append(f"{path}:{n}: {line.strip()}")
        self.assertEqual(found, [])

    def test_every_room_says_what_it_is(self):
        """A C file opens with a comment."""
        bare = [str(p) for p in sources() if p.suffix in (".c", ".h")
                and p.parts[0] in ("grammar", "compiler", "runtime", "stdlib")
                and not (ROOT / p).read_text().lstrip().startswith(("//", "/*"))]
        self.assertEqual(bare, [])


if __name__ == "__main__":
    unittest.main()
