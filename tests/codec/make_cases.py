#!/usr/bin/env python3
"""Makes tests/codec/cases.json: inputs, and what Pydantic and Python's json say.

usage: make_cases.py write                     writes cases.json beside this file
       make_cases.py compare DRIVER N [SEED]   N random cases against a driver

Needs pydantic 2 (a virtual environment with `pip install pydantic`); the tests
themselves read only what is written here. Where ServeGraph decides otherwise than
Pydantic (whole numbers of 64 bits, finite floats, no NaN in JSON, words of what
is wrong with a moment), cases are left out or compared without these words.
"""
import datetime
import json
import math
import pathlib
import random
import re
import subprocess
import sys
from typing import Annotated, Any, Dict, List, Literal, Optional, Tuple, Union

import pydantic
from pydantic import Field, TypeAdapter, ValidationError

HERE = pathlib.Path(__file__).resolve().parent
LIMITS = {"min_items": "min_length", "max_items": "max_length"}


class LeftOut(Exception):
    """ServeGraph decides otherwise on purpose."""


# ---- types: our notation to Pydantic's ----

def model(name, fields, tag=None):
    made = {"type": (Literal[tag], ...)} if tag else {}
    for field in fields:
        t = pydantic_type(field[1])
        if len(field) > 2:
            made[field[0]] = (t, field[2])
        elif isinstance(field[1], dict) and "optional" in field[1]:
            made[field[0]] = (t, None)
        else:
            made[field[0]] = (t, ...)
    return pydantic.create_model(name, **made)


def pydantic_type(t):
    if isinstance(t, str):
        return {"none": None, "bool": bool, "int": int, "str": str, "bytes": bytes,
                "float": Annotated[float, Field(allow_inf_nan=False)], "json": Any,
                "duration": datetime.timedelta, "time": datetime.datetime,
                "markdown": str, "size": int,
                "percent": Annotated[float, Field(allow_inf_nan=False)]}[t]
    kind, of = next(iter(t.items()))
    if kind == "list":
        return List[pydantic_type(of)]
    if kind == "map":
        return Dict[str, pydantic_type(of)]
    if kind == "optional":
        return Optional[pydantic_type(of)]
    if kind == "tuple":
        return Tuple[tuple(pydantic_type(one) for one in of)]
    if kind == "enum":
        return Literal[tuple(of)]
    if kind == "record":
        return model("Record", of)
    if kind == "union":
        parts = tuple(model(name, fields, name) for name, fields in of)
        return Annotated[Union[parts], Field(discriminator="type")]
    if kind == "limit":
        limits = {LIMITS.get(k, k): v for k, v in t.items() if k != "limit"}
        if of == "float":
            return Annotated[float, Field(allow_inf_nan=False, **limits)]
        return Annotated[pydantic_type(of), Field(**limits)]
    raise ValueError(t)


def plain(v):
    """What ServeGraph would answer, as what json.dumps takes."""
    if isinstance(v, pydantic.BaseModel):
        return {k: plain(getattr(v, k)) for k in type(v).model_fields}
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    if isinstance(v, bytes):
        return v.decode()
    if isinstance(v, datetime.timedelta):
        return v.total_seconds()
    if isinstance(v, datetime.datetime):
        if v.tzinfo is None:
            v = v.replace(tzinfo=datetime.timezone.utc)
        v = v.astimezone(datetime.timezone.utc)
        if not 1678 <= v.year <= 2261:
            raise LeftOut("beyond 64 bits of nanoseconds")
        text = v.replace(tzinfo=None, microsecond=0).isoformat()
        if v.microsecond:
            text += ".%06d" % v.microsecond
            text = text[:-3] if text.endswith("000") else text
        return text + "Z"
    if isinstance(v, bool):
        return v
    if isinstance(v, int) and not -2**63 <= v < 2**63:
        raise LeftOut("beyond 64 bits")
    if isinstance(v, float) and not math.isfinite(v):
        raise LeftOut("not finite")
    return v


def python_form(v, t):
    """The value as its repr is taken, or LeftOut."""
    while v is not None and isinstance(t, dict) and ("optional" in t or "limit" in t):
        t = t.get("optional") or t.get("limit")
    if isinstance(v, pydantic.BaseModel):
        if isinstance(t, dict) and "union" in t:
            raise LeftOut("unions have a form of their own")
        types = dict((f[0], f[1]) for f in t["record"])
        return {k: python_form(getattr(v, k), types[k]) for k in type(v).model_fields}
    if isinstance(t, str):
        if t in ("duration", "time", "size"):
            raise LeftOut("has a form of its own")
        return v
    kind, of = next(iter(t.items()))
    if v is None:
        return None
    if kind == "list":
        return [python_form(x, of) for x in v]
    if kind == "map":
        return {k: python_form(x, of) for k, x in v.items()}
    if kind == "tuple":
        return tuple(python_form(x, one) for x, one in zip(v, of))
    return v


# ---- what is expected ----

def no_constant(word):
    raise LeftOut(word)


def compact(v):
    return json.dumps(v, ensure_ascii=False, separators=(",", ":"))


def is_vague(kind):
    return kind.startswith(("time_delta_parsing", "datetime_"))


def offence(e):
    return {"type": e["type"], "loc": ["body", *e["loc"]], "msg": e["msg"],
            "input": e["input"], **({"ctx": e["ctx"]} if "ctx" in e else {})}


def blur(answer):
    """Without the words that are our own."""
    for e in answer.get("detail", []):
        if is_vague(e["type"]):
            e["type"] = e["type"].split("_")[0]
            e.pop("msg"), e.pop("ctx", None)
    return answer


def has_big(v):
    if isinstance(v, dict):
        return any(has_big(x) for x in v.values())
    if isinstance(v, list):
        return any(has_big(x) for x in v)
    return isinstance(v, int) and not -2**63 <= v < 2**63


# Durations and times that are read by our own rules: numbers in a text, what is
# finer than a microsecond or beyond what 64 bits of nanoseconds hold.
OURS = re.compile(r'"\s*[-+]?[0-9.e]+\s*"|"1_000"|e-|0\.3000|[0-9]{10}|\.[0-9]{7}|e1[68]|E1|e22|e308|922')


def expect(case):
    """The answer, as the driver prints it, but for `text`."""
    text = case["input"]
    kinds = compact(case["type"])
    if ('"duration"' in kinds or '"time"' in kinds) and OURS.search(text):
        raise LeftOut("a moment by our own rules")
    if case.get("do") == "scalar":
        value = text
    elif not text:
        return {"detail": [{"type": "missing", "loc": ["body"], "msg": "Field required",
                            "input": None}]}
    else:
        try:
            value = json.loads(text.removeprefix("\ufeff"), parse_constant=no_constant)
        except json.JSONDecodeError as e:
            return {"detail": [{"type": "json_invalid", "loc": ["body", e.pos],
                                "msg": "JSON decode error", "input": {},
                                "ctx": {"error": e.msg}}]}
        compact(value).encode()  # UnicodeEncodeError: an unpaired surrogate
    if has_big(value):
        raise LeftOut("beyond 64 bits")
    adapter = TypeAdapter(pydantic_type(case["type"]))
    try:
        v = adapter.validate_python(value, from_attributes=True)
    except ValidationError as e:
        answer = {"detail": [offence(one) for one in e.errors(include_url=False)]}
        if "Infinity" in compact(answer):
            raise LeftOut("an infinite input") from e
        return blur(answer)
    answer = {"json": plain(v)}
    if has_big(answer["json"]):
        raise LeftOut("beyond 64 bits")
    try:
        form = python_form(v, case["type"])
        if "inf" not in repr(form):
            answer["repr"] = repr(form)
    except LeftOut:
        pass
    return answer


# ---- cases ----

STRINGS = ["", "a", "ab", "abc", "sum", "max", "5", " 5 ", "5.0", "5.5", "-1", "1_000",
           "1e3", "true", "TRUE", "off", "y", "0", "é", "あ", "👍🏽", "a\nb", "it's",
           'say "x"', "'\"", "\\", "\x00", "\x7f", "\u200b", "\u2028", "\xa0", "\ue000",
           "1970-01-01T00:00:00Z", "2020-02-29 12:30:45.123456+02:00", "2021-02-29",
           "2020-01-01", "PT1.5S", "P1DT2H", "1:02:03", "-PT1S", "1 day, 00:00:01",
           "x" * 40, "é" * 20, "Done", "inf", "nan", "null", "[1]", '{"a":1}']
NUMBERS = ["0", "-0", "1", "2", "5", "-1", "10", "3", "6", "0.5", "1.5", "1.0", "-0.0", "1e3",
           "1E+2", "1e-7", "0.1", "123456789012", "9223372036854775807",
           "-9223372036854775808", "1e18", "9.3e18", "1e308", "5e-324", "1e16",
           "2.0", "0.30000000000000004", "1e22", "123456789.123456789"]
SCALARS = ["bool", "int", "float", "str", "bytes", "json", "duration", "time", "none",
           "markdown"]
LIMITED = [
    {"limit": "str", "min_length": 2}, {"limit": "str", "max_length": 3},
    {"limit": "str", "min_length": 1, "max_length": 2, "pattern": "^[a-z]+$"},
    {"limit": "str", "pattern": "a"}, {"limit": "bytes", "min_length": 2},
    {"limit": "int", "ge": 1, "le": 5}, {"limit": "int", "gt": 0, "lt": 10},
    {"limit": "int", "multiple_of": 3}, {"limit": "float", "ge": 1, "lt": 2.5},
    {"limit": "float", "gt": 0.5}, {"limit": "float", "multiple_of": 0.5},
    {"limit": "float", "le": 100000},
]


def random_type(r, depth):
    k = r.random()
    if depth == 0 or k < 0.35:
        return r.choice(SCALARS) if r.random() < 0.7 else r.choice(LIMITED)
    below = depth - 1
    if k < 0.45:
        return {"list": random_type(r, below)}
    if k < 0.5:
        t = {"limit": {"list": random_type(r, below)}}
        t.update(r.choice([{"min_items": 1}, {"max_items": 2},
                           {"min_items": 2, "max_items": 3}]))
        return t
    if k < 0.55:
        return {"map": random_type(r, below)}
    if k < 0.58:
        return {"limit": {"map": random_type(r, below)}, "min_items": 1, "max_items": 2}
    if k < 0.65:
        t = random_type(r, below)
        return t if isinstance(t, dict) and "optional" in t else {"optional": t}
    if k < 0.75:
        return {"tuple": [random_type(r, below) for _ in range(r.randint(1, 3))]}
    if k < 0.8:
        return {"enum": r.sample(["sum", "max", "a", "it's", "é"], r.randint(1, 4))}
    if k < 0.93:
        return {"record": fields(r, below)}
    return {"union": [["Done", fields(r, below)], ["Failed", fields(r, below)]]}


def fields(r, depth):
    made = []
    for name in r.sample(["a", "b", "c", "path", "naïve"], r.randint(0, 4)):
        if r.random() < 0.2:
            made.append([name, *r.choice([["int", 7], ["str", "x"], ["float", 1.5],
                                          ["bool", True], [{"optional": "int"}, None]])])
        else:
            made.append([name, random_type(r, depth)])
    return made


def string(r, s):
    return json.dumps(s, ensure_ascii=r.random() < 0.3)


def any_json(r, depth):
    k = r.random()
    if depth == 0 or k < 0.6:
        return r.choice([lambda: string(r, r.choice(STRINGS)), lambda: r.choice(NUMBERS),
                         lambda: r.choice(["true", "false", "null"])])()
    if k < 0.8:
        return "[%s]" % ",".join(any_json(r, depth - 1) for _ in range(r.randint(0, 3)))
    return "{%s}" % ",".join(string(r, r.choice(["a", "b", "c", "type", "path"])) + ":"
                             + any_json(r, depth - 1) for _ in range(r.randint(0, 3)))


def space(r):
    return r.choice(["", "", "", "", " ", "\n\t"])


def fitting(r, t):
    """JSON text that mostly fits the type."""
    if r.random() < 0.04:
        return any_json(r, 2)
    if isinstance(t, str):
        return {"none": lambda: "null", "bool": lambda: r.choice(["true", "false", "1", '"no"']),
                "json": lambda: any_json(r, 3)}.get(t, lambda: (
                    string(r, r.choice(STRINGS)) if t in ("str", "bytes", "markdown")
                    or r.random() < 0.3 else r.choice(NUMBERS)))()
    kind, of = next(iter(t.items()))
    if kind == "limit":
        return fitting(r, of)
    if kind == "optional":
        return "null" if r.random() < 0.3 else fitting(r, of)
    if kind == "enum":
        return string(r, r.choice(of))
    if kind == "list":
        return "[" + ",".join(space(r) + fitting(r, of) + space(r)
                              for _ in range(r.randint(0, 4))) + "]"
    if kind == "tuple":
        items = [fitting(r, one) for one in of]
        if r.random() < 0.1:
            items = items[:-1] if r.random() < 0.5 else items + ["1"]
        return "[" + ",".join(items) + "]"
    if kind == "map":
        return "{" + ",".join(string(r, r.choice(STRINGS)) + ":" + fitting(r, of)
                              for _ in range(r.randint(0, 3))) + "}"
    members = []
    if kind == "union":
        name, of = r.choice(of)
        members.append('"type":' + string(r, name if r.random() < 0.9 else "None"))
        if r.random() < 0.05:
            members = ['"type":' + r.choice(["1", "null", "[]"])]
    for field in of:
        if r.random() < 0.93:
            members.append(string(r, field[0]) + space(r) + ":" + space(r)
                           + fitting(r, field[1]))
    if r.random() < 0.2:
        members.append('"other":' + any_json(r, 2))
    if r.random() < 0.05 and members:
        members.append(r.choice(members))
    if r.random() < 0.4:
        r.shuffle(members)
    return "{" + ",".join(m + space(r) for m in members) + "}"


def broken(r, text):
    """One small accident."""
    at = r.randrange(len(text) + 1)
    k = r.random()
    if k < 0.3:
        return text[:at] + text[at + 1:]
    if k < 0.5:
        return text[:at]
    mess = r.choice(['"', "\\", "{", "}", "[", "]", ",", ":", "0", "1", ".", "e", "-", "+",
                     "\n", "\x01", "é", "\\u12", "\\ud83d\\ude00", "\\x", "nul", "tru",
                     "//", "'", "\x00", "01", "1.", "\ufeff", "\\uD8", "👍"])
    return text[:at] + mess + text[at + (r.random() < 0.3):]


def random_case(r):
    t = random_type(r, r.randint(0, 3))
    k = r.random()
    if k < 0.15:
        return {"type": t, "input": broken(r, fitting(r, t))}
    if k < 0.25:
        return {"type": r.choice([s for s in SCALARS if s not in ("none", "json", "duration",
                                                                  "time")]
                                 + LIMITED), "do": "scalar", "input": r.choice(STRINGS + NUMBERS)}
    return {"type": t, "input": fitting(r, t)}


def chosen_cases():
    """Cases that somebody thought of: every scalar against every kind of input."""
    for t in SCALARS + LIMITED + [{"enum": ["sum", "max"]}, {"enum": ["a", "b", "c"]}]:
        for text in (NUMBERS + ["true", "false", "null", "[]", "{}", "[1]", '{"a":1}']
                     + [json.dumps(s) for s in STRINGS]):
            yield {"type": t, "input": text}
    for text in ["", " ", "[", "]", "[1", "[1,", "[1,]", "{", '{"', '{"a', '{"a"', '{"a":',
                 '{"a":1', '{"a":1,', '{"a":1,}', "{,}", "{1:2}", "01", "1.", ".5", "-", "+1",
                 "1e", "1e+", "0x1", "nul", "truee", "1 2", "[1 2]", '{"a" 1}', '"\\', '"\\u',
                 '"\\u1', '"\\u123', '"\\u1234', '"\\u12g4"', '"\\q"', '"a\nb"', '"é\t"',
                 "'a'", "//", "[[[]]", "[1}", '{"a":1]', "\x00", "1\x00", '"a"b', "--1",
                 '"\\ud83d\\ude00"', '"\\ud83d\\u12', "é", '["é", x]', "\ufeff1"]:
        for t in ("json", "str", "int", {"list": "int"}, {"record": [["a", "int"]]}):
            if text:
                yield {"type": t, "input": text}


def decided(cases, most=None):
    made = 0
    for case in cases:
        if made == most:
            return
        try:
            case["expect"] = expect(case)
        except (LeftOut, UnicodeEncodeError, OverflowError):
            continue
        made += 1
        yield case


def random_cases(seed):
    r = random.Random(seed)
    while True:
        yield random_case(r)


def write():
    cases = list(decided(chosen_cases())) + list(decided(random_cases(1), 1500))
    rows = ",\n".join(compact(c) for c in cases)
    (HERE / "cases.json").write_text("[\n" + rows + "\n]\n")
    print(len(cases), "cases")


def same(want, have):
    """Also 1 and 1.0 are two things here."""
    return compact(want) == compact({k: have[k] for k in want if k in have})


def compare(driver, count, seed):
    cases = list(decided(random_cases(seed), count))
    if seed == 1:
        cases = list(decided(chosen_cases())) + cases
    lines = "".join(json.dumps({"type": c["type"], "do": c.get("do", "json"),
                                "hex": c["input"].encode().hex()}) + "\n" for c in cases)
    done = subprocess.run([driver], input=lines, text=True, capture_output=True)
    answers = done.stdout.split("\n")[:-1]
    print(done.stderr[-2000:], len(cases), "cases,", len(answers), "answers")
    wrong = 0
    for case, line in zip(cases, answers):
        if not same(case["expect"], blur(json.loads(line))):
            wrong += 1
            if wrong <= 12:
                print(compact(case["type"])[:300], case.get("do", ""), repr(case["input"])[:300])
                print("   want", compact(case["expect"])[:400])
                print("   have", line[:400])
    print(wrong, "wrong")
    return wrong or len(answers) != len(cases)


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write()
    elif sys.argv[1:2] == ["compare"]:
        sys.exit(bool(compare(sys.argv[2], int(sys.argv[3]), int((sys.argv + ["1"])[4]))))
    else:
        sys.exit(__doc__)
