"""The codec against what Pydantic and Python's json say (cases.json, made by
make_cases.py), and against inputs that are no text or no friend."""
import json
import os
import pathlib
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("SG_BUILD", "build"))


def driver():
    for folder in (ROOT / "build-asan", ROOT / BUILD):
        if (folder / "tests/codec_driver").exists():
            return folder / "tests/codec_driver"
    raise AssertionError("codec_driver is not built: make codec-driver")


def run(cases):
    lines = "".join(json.dumps({"type": c["type"], "do": c.get("do", "json"),
                                "hex": c["input"].hex() if isinstance(c["input"], bytes)
                                else c["input"].encode().hex()}) + "\n" for c in cases)
    done = subprocess.run([driver()], input=lines.encode(), capture_output=True)
    if done.returncode or done.stderr:
        raise AssertionError(done.stderr.decode(errors="replace")[-3000:])
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def one(kind, text, do="json"):
    return run([{"type": kind, "input": text, "do": do}])[0]


def compact(v):
    return json.dumps(v, ensure_ascii=False, separators=(",", ":"))


def blur(answer):
    """Without what is said in our own words of moments."""
    for e in answer.get("detail", []):
        if e["type"].startswith(("time_delta_parsing", "datetime_")):
            e["type"] = e["type"].split("_")[0]
            e.pop("msg"), e.pop("ctx", None)
    return answer


class Oracle(unittest.TestCase):
    def test_cases(self):
        cases = json.loads((HERE / "cases.json").read_text())
        self.assertGreater(len(cases), 3000)
        answers = run(cases)
        self.assertEqual(len(answers), len(cases))
        wrong = []
        for case, answer in zip(cases, answers):
            have = blur(answer)
            want = case["expect"]
            if compact(want) != compact({k: have[k] for k in want if k in have}):
                wrong.append(f"{case['type']} {case['input']!r}\n want {want}\n have {answer}")
        self.assertFalse(wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:5]))


class Hostile(unittest.TestCase):
    def offence(self, kind, text, **keys):
        answer = one(kind, text)
        self.assertIn("detail", answer)
        self.assertEqual({k: answer["detail"][0].get(k) for k in keys}, keys)

    def test_invalid_utf8(self):
        for text in (b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"',
                     b'"abc\xe3\x81', b"\x80"):
            self.offence("json", text, type="json_invalid", ctx={"error": "Invalid UTF-8"})
        self.offence("json", '"é'.encode() + b'\xff"', loc=["body", 2])

    def test_surrogates_alone(self):
        for text in (r'"\ud800"', r'"\udc00"', r'"\ud800\ud800"', r'"a\ud83dx"'):
            self.offence("str", text, type="json_invalid")
        self.assertEqual(one("str", r'"\ud83d\ude00"')["json"], "😀")

    def test_no_nan(self):
        for text in ("NaN", "Infinity", "-Infinity", "[NaN]"):
            self.offence("json", text, type="json_invalid", ctx={"error": "Expecting value"})
        self.offence("float", "1e400", type="finite_number", loc=["body"])
        self.offence("float", '"inf"', type="finite_number", input="inf")
        self.offence("json", "[1e400]", type="finite_number", loc=["body", 0])

    def test_big_whole_numbers(self):
        self.offence("int", "9223372036854775808", type="int_parsing_size",
                     input=9223372036854775808)
        self.offence({"list": "json"}, '[{"a":100000000000000000000}]',
                     type="int_parsing_size", loc=["body", 0, "a"])
        self.assertEqual(one("float", "9223372036854775808")["json"], 9223372036854775808.0)

    def test_depth(self):
        self.assertIn("json", one("json", "[" * 200 + "]" * 200))
        for text in ("[" * 201 + "]" * 201, "[" * 1_000_000, '{"a":' * 1_000_000):
            self.offence("json", text, type="json_invalid",
                         ctx={"error": "Nesting deeper than 200 levels"})
        self.offence({"record": [["x", "int"]]}, '{"y":' + "[" * 300 + "]" * 300 + "}",
                     type="json_invalid")

    def test_many_offences_are_bounded(self):
        answer = one({"list": "int"}, "[" + ",".join(['"x"'] * 5000) + "]")
        self.assertEqual(len(answer["detail"]), 1000)
        fields = [[f"f{i}", "int"] for i in range(60)]
        answer = one({"list": {"record": fields}},
                     "[" + ",".join(['{"z":"%s"}' % ("y" * 1000)] * 50) + "]")
        self.assertEqual(len(answer["detail"]), 1000)
        big = one({"record": [["a", "int"]]}, '{"b":"%s"}' % ("y" * 100_000))
        self.assertNotIn("input", big["detail"][0])

    def test_long_keys_are_cut(self):
        answer = one({"map": "int"}, '{"%s":"x"}' % ("é" * 5000))
        self.assertLess(len(answer["detail"][0]["loc"][1]), 600)

    def test_pattern_that_explodes(self):
        t = {"limit": "str", "pattern": "^(a+)+$"}
        self.assertEqual(one(t, '"%s"' % ("a" * 30))["json"], "a" * 30)
        self.offence(t, '"%sb"' % ("a" * 5000), type="string_pattern_mismatch")

    def test_patterns_are_of_characters(self):
        t = {"limit": "str", "pattern": r"^\w{2}$"}
        self.assertEqual(one(t, '"éあ"')["json"], "éあ")
        self.offence({"limit": "str", "pattern": "^a$"}, '"a\\n"',
                     type="string_pattern_mismatch")


class OwnForms(unittest.TestCase):
    def test_moments(self):
        for text, seconds in (('"1.5s"', 1.5), ('"450ms"', 0.45), ('"2h"', 7200.0),
                              ('"1.5"', 1.5), ("2", 2.0), ('"PT0.5S"', 0.5),
                              ('"99999999999ns"', 99.999999999), ('"-1m"', -60.0)):
            self.assertEqual(one("duration", text)["json"], seconds)
        self.assertEqual(one("duration", '"450ms"')["text"], "450ms")
        self.assertEqual(one("time", '"2020-01-01T00:00:00.000000001Z"')["json"],
                         "2020-01-01T00:00:00.000000001Z")
        for text in ('"1.5x"', '"9999999999999999999h"', '"PT"', '"P99999999999999999Y"',
                     '"1:60"', '"12:00:00:00"', '""', '"1 day,"x', "1e300"):
            self.assertIn("detail", one("duration", text))
        for text in ('"2020-02-30"', '"2020-01-01T24:00"', '"1500-01-01"', '"2020-1-1"',
                     '"2020-01-01T00:00:00+24:00"', "1e300"):
            self.assertIn("detail", one("time", text))

    def test_bytes(self):
        self.assertEqual(one("bytes", '"é"')["repr"], r"b'\xc3\xa9'")

    def test_unions(self):
        t = {"union": [["Done", [["path", "str"]]], ["Failed", [["error", "str"]]]]}
        for text in ('{"type":"Done","path":"x"}', '{"path":"x","type":"Done"}'):
            answer = one(t, text)
            self.assertEqual(answer["json"], {"type": "Done", "path": "x"})
            self.assertEqual(answer["repr"], "Done(path='x')")

    def test_nested(self):
        t = {"record": [["a", "int"]]}
        for text in (r'"{\"a\":1}"', ' "{\\"a\\":1}" ', '{"a":1}'):
            self.assertEqual(one(t, text, "nested")["json"], {"a": 1})
        answer = one(t, r'"{\"a\":"', "nested")
        self.assertEqual(answer["detail"][0]["type"], "json_invalid")

    def test_tensors(self):
        def tensor(text, dtype="f64", dims=()):
            return one({"tensor": dtype, "dims": list(dims)}, text)
        self.assertEqual(tensor("[[1,2],[3,4.5]]")["json"], [[1.0, 2.0], [3.0, 4.5]])
        self.assertEqual(tensor("[1.9,-1.9]", "i64")["json"], [1, -1])
        self.assertEqual(tensor("[9223372036854775807]", "i64")["json"], [2**63 - 1])
        self.assertEqual(tensor("[0.1,65504,1e9]", "f16")["repr"][:30],
                         "[0.0999755859375, 65504.0, inf]"[:30])
        self.assertEqual(tensor("[0.1]", "f32")["json"], [0.10000000149011612])
        self.assertEqual(tensor("[1,0,true]", "bool")["json"], [True, False, True])
        self.assertEqual(tensor("[[],[]]")["json"], [[], []])
        for text, dims in (("[[1],[2,3]]", ()), ("[1,[2]]", ()), ("[[1],2]", ()), ("5", ()),
                           ('["x"]', ()), ("[null]", ()), ("[1,2,3]", (2,)),
                           ("[[1,2],[3,4],[5,6]]", ("N", "N")), ("[1]", ("H", "W")),
                           ("[[[[[[[[[1]]]]]]]]]", ())):
            self.assertIn("detail", tensor(text, dims=dims), text)
        # a first row that promises more than comes
        wide = "[[%s]%s]" % (",".join("1" * 20000), ",[1]" * 20000)
        self.assertEqual(tensor(wide)["detail"][0]["type"], "value_error")


if __name__ == "__main__":
    unittest.main()
