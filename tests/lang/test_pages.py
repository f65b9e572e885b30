"""The pages of `sgc explain SG0123`: the example that is wrong is reported under that
number, and the mended one under none."""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, run

ROW = re.compile(r"^DIAG\((\d+), (\w+), SEVERITY_(\w+)", re.M)
# What an example stands in: a file, or a class deployment.
AROUND = ("{}\n", "deployment Model() {{\n{}\n}}\n")
# What no text of a page can show: what the machine, a file or its bytes must bring.
WITHOUT = {
    "cannot_read", "cannot_write", "too_many_errors", "source_too_large", "internal",
    "invalid_utf8", "nul_byte", "not_a_source", "too_deep", "unknown_app", "wrong_place",
    "import_syntax", "import_shape", "import_unknown", "import_lost", "import_guess"}


def rows():
    return [(f"SG{int(number):04d}", name) for number, name, _ in
            ROW.findall((ROOT / "grammar/defs/diags.def").read_text())]


def examples(number):
    """The wrong and the mended example of a page, or None."""
    page = run(SGC, "explain", number).stdout
    found = re.search(r"\nWrong:\n((?:    .*\n|\n)+)Right:\n((?:    .*\n|\n)+)", page)
    return found and tuple(re.sub(r"^    ", "", text, flags=re.M).strip("\n")
                           for text in found.groups())


def reported(text):
    done = run(SGC, "check", "--json", "-", input=text)
    return [json.loads(line)["id"] for line in done.stderr.splitlines()]


def shows(number, wrong, right):
    """Whether there is a place where both examples do what the page says."""
    for around in AROUND:
        mended = reported(around.format(right))
        if number in reported(around.format(wrong)) and not mended:
            return True
        if mended and all(n.startswith("SG09") for n in mended):
            return True  # a part of the language that is not built yet
    return False


class Pages(unittest.TestCase):
    def test_examples(self):
        without = set()
        for number, name in rows():
            found = examples(number)
            if name in LATER:
                continue
            if not found:
                without.add(name)
                continue
            with self.subTest(name):
                self.assertTrue(shows(number, *found), found)
        self.assertEqual({n for n in without if not n.startswith("no_") and n != "not_built"},
                         WITHOUT)

    def test_every_row_is_reported_somewhere(self):
        sources = "".join(p.read_text() for folder in ("compiler", "grammar", "runtime")
                          for p in (ROOT / folder).rglob("*.[chyl]"))
        for _, name in rows():
            self.assertTrue(re.search(rf"\bDIAG_{name}\b", sources) or name in LATER, name)


# Of parts of the language that are not built yet.
LATER = {"over_committed", "unknown_module"}

if __name__ == "__main__":
    unittest.main()
