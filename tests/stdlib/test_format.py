"""`format` against Python's own, byte for byte: thousands of specifications and values."""
import json
import pathlib
import random
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import LONG, SGC, Server, compile_plan, run

PROGRAM = """
type Case = { kind: str, value: str, spec: str }

fn written(c: Case) -> str? {
  try {
    if c.kind == "int" { return format(int(c.value), c.spec) }
    if c.kind == "float" { return format(float(c.value), c.spec) }
    if c.kind == "bool" { return format(c.value == "True", c.spec) }
    return format(c.value, c.spec)
  } else e {
    if starts_with(e.message, "the format is wrong: ") or ends_with(e.message, "is the code of no character") {
      return none
    }
    return e.message
  }
}

app a {
  route POST "/" (cases: [Case] in body) -> [written(c) for c in cases]
}
"""

READ = {"int": int, "float": float, "bool": "True".__eq__, "str": str}


def expected(kind, value, spec):
    try:
        return format(READ[kind](value), spec)
    except (ValueError, OverflowError):
        return None


class Cases:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def maybe(self, odds, choices):
        return self.r.choice(choices) if self.r.random() < odds else ""

    def spec(self, kind):
        types = {"int": "bcdoxXneEfFgG%", "bool": "bdoxXn", "float": "eEfFgG%n", "str": "s"}[kind]
        r = self.r
        align = self.maybe(0.4, "<>=^")
        fill = self.maybe(0.5, ["*", "0", " ", "é", "日", "{", "'", "<"]) if align else ""
        width = self.maybe(0.5, [str(r.randrange(40)), "07", "012"])
        spec = fill + align + self.maybe(0.3, "+- ") + self.maybe(0.1, "z") + self.maybe(0.2, "#") + self.maybe(0.3, "0")
        spec += width + self.maybe(0.3, ",_") + self.maybe(0.4, [f".{r.randrange(25)}", ".0", ".1", ".400"])
        spec += self.maybe(0.8, types)
        if r.random() < 0.03:  # anything at all
            spec = "".join(r.choice("<>=^+- z#0123456789,_.bdoxXeEfFgG%nsc!Zé") for _ in range(r.randrange(6)))
        return spec

    def value(self, kind):
        r = self.r
        if kind == "int":
            return str(r.choice([0, 1, -1, 65, 0x1F600, 2**63 - 1, -2**63, r.randrange(-2**63, 2**63),
                                 r.randrange(-10**6, 10**6), r.randrange(-1000, 1000)]))
        if kind == "float":
            bits = struct.unpack("<d", struct.pack("<Q", r.getrandbits(64)))[0]
            return repr(r.choice([0.0, -0.0, 0.5, 2.5, -0.4, 1e16, 1e15, 99999.5, 0.0001, 0.00001, float("inf"), -float("inf"),
                                  float("nan"), 5e-324, 1.7976931348623157e308, bits, r.random(), r.uniform(-1e6, 1e6),
                                  round(r.uniform(-100, 100), 2), float(r.randrange(10**6)), 10.0 ** r.randrange(-10, 25)]))
        if kind == "bool":
            return r.choice(["True", "False"])
        return "".join(r.choice("abcé日😀 ") for _ in range(r.randrange(12)))

    def cases(self, n):
        kinds = ["int", "float", "float", "bool", "str"]
        for _ in range(n):
            kind = self.r.choice(kinds)
            yield {"kind": kind, "value": self.value(kind), "spec": self.spec(kind)}


class Format(unittest.TestCase):
    def test_like_python(self):
        random_ones = Cases(11)
        with tempfile.TemporaryDirectory() as folder, Server(compile_plan(PROGRAM, folder)) as server:
            refused = 0
            for _ in range(40 if LONG else 4):
                cases = list(random_ones.cases(2000))
                status, _, body = server.request("POST", "/", json.dumps(cases))
                self.assertEqual(status, 200, body)
                for case, got in zip(cases, json.loads(body)):
                    want = expected(**case)
                    refused += want is None
                    self.assertEqual(got, want, case)
            self.assertGreater(refused, 100)

    def test_hostile_ones(self):
        memory = "the request needs more memory than it may have"
        answers = {".99999999999f": [None], "99999999999": [None], "2147483647": [memory], ".2147483647f": [memory, None],
                   "2147483647,": [memory, None], ".f": [None], "\0": [None], "d\0": [None], "<<<": [None], "0" * 300: ["1", "1.0"]}
        with tempfile.TemporaryDirectory() as folder, Server(compile_plan(PROGRAM, folder), "--max-memory", "32MiB") as server:
            for spec, allowed in answers.items():
                cases = [{"kind": kind, "value": "1", "spec": spec} for kind in ("int", "float", "str")]
                for case in cases:
                    status, _, body = server.request("POST", "/", json.dumps([case]))
                    self.assertEqual(status, 200)
                    self.assertIn(json.loads(body)[0], allowed, case)

    def test_written_out_is_checked_when_compiled(self):
        cases = Cases(5)
        for _ in range(12):
            lines, wrong = [], []
            for case in cases.cases(60):
                kind, spec = case["kind"], case["spec"].replace("'", "!")
                value = {"int": "77", "float": "1.5"}.get(kind, case["value"])
                shown = {"bool": value.lower(), "str": f"'{value}'"}.get(kind, value)
                if expected(kind, value, spec) is None:
                    wrong.append(len(lines) + 2)
                lines.append(f"  assert len(format({shown}, '{spec}')) >= 0")
            done = run(SGC, "check", "-", input='test "x" {\n' + "\n".join(lines) + "\n}\n")
            found = sorted({int(line.split(":")[1]) for line in done.stderr.splitlines() if "SG0331" in line})
            self.assertEqual(found, wrong, done.stderr)


if __name__ == "__main__":
    unittest.main()
