"""The house rules that a program can check: layers, layout, banned functions."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = {"Makefile", "README.md", "LICENSE", "grammar", "compiler", "runtime",
       "stdlib", "examples", "tests", "docs"}

# Who may include whom, from the most particular folder to the least.
MAY = {
    "grammar/base": {"grammar/base", "grammar/defs"},
    "grammar/defs": {"grammar/base", "grammar/defs", "grammar/plan"},
    "grammar/plan": {"grammar/base", "grammar/defs", "grammar/plan"},
    "grammar/text": {"grammar/base", "grammar/defs", "grammar/text"},
    "compiler": {"grammar", "compiler"},
    "runtime/plan": {"grammar", "runtime/plan"},
    "runtime/vm": {"grammar", "runtime/vm", "runtime/codec", "runtime/serve"},
    "runtime/codec": {"grammar", "runtime/codec", "runtime/vm/value.h"},
    "runtime/serve": {"grammar", "runtime/serve", "runtime/vm", "runtime/codec"},
    "runtime/tensor": {"grammar", "runtime/tensor", "runtime/vm/value.h"},
    "runtime/net": {"grammar", "runtime/net", "runtime/vm", "runtime/codec",
                    "runtime/serve", "runtime/plan"},
    "runtime": {"grammar", "runtime"},
    "stdlib/ops": {"grammar", "stdlib/ops", "runtime/tensor", "runtime/codec",
                   "runtime/vm/value.h", "runtime/vm/operator.h"},
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
    return any(target == a or target.startswith(a + "/") for a in allowed)


class House(unittest.TestCase):
    def test_layers(self):
        """compiler -> grammar <- runtime, and within a program earlier rooms only."""
        wrong, seen = [], 0
        for path in code_files():
            allowed = rule_for(path)
            if allowed is None:
                continue
            for target in re.findall(r'^\s*#\s*include\s+"([^"]+)"',
                                     (ROOT / path).read_text(), re.M):
                seen += 1
                if target.split("/")[0] not in ("grammar", "compiler", "runtime", "stdlib"):
                    wrong.append(f"{path}: \"{target}\" is not written from the root")
                elif not may_include(allowed, target):
                    wrong.append(f"{path} may not include {target}")
        self.assertGreater(seen, 50)
        self.assertEqual(wrong, [])

    def test_the_layer_rule_can_fail(self):
        self.assertFalse(may_include(MAY["compiler"], "runtime/vm/value.h"))
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
