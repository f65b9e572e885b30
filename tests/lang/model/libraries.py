"""Functions of the libraries text, list and math, formats and json, as Python has
them: rows as those of operators.py, behind which they stand.

`written`: functions that are written in the language (stdlib/*.sg). They run in
their caller's order, where an operator is put off. BY are those that are given a
function of an element.
"""
import math

from .operators import (E, J, S, T, bounded, first_of, greatest, index_list, key_of, least,
                        real, split_by, typed, where, whole)
from .types import (BOOL, DURATION, FLOAT, INT, JSON, SIZE, STR, list_of, map_of, optional,
                    tuple_of)
from .values import Failure, Unspecified, equal, less, to_json


# ---- formats ----

def formatted(x, spec):
    try:
        return bounded(format(x, spec))
    except OverflowError:
        raise Unspecified("a format of what is infinite")


# Specifications that fit, by the type of what is written.
SPECS = {
    "int": ("", "d", "+d", "08d", ",", "_d", "x", "#x", "#012b", "o", "X", ">9", "<9", "^9",
            "*^9d", "=+9", ".2f", "e", "g", "%", "+,.1f", " d", "_x"),
    "float": ("", ".2f", "f", "e", ".3e", "g", ".3g", "%", ".1%", "+.1f", "010.2f", ",.2f",
              "_.1f", ">12", "^12.3", "z.1f", "#.0f", "E", "G", " .2f", "=+9.1f"),
    "str": ("", "s", ">8", "<8", "^8", "*^9", ".2", "_>5.3", "日<4"),
    "bool": ("", "d", "x", ">6", ".1f"),
}
SPECS["duration"], SPECS["size"] = SPECS["float"][1:], SPECS["int"][1:]


# ---- texts ----

def lines(x):
    parts = x.replace("\r\n", "\n").split("\n")
    return parts[:-1] if x.endswith("\n") or x == "" else parts


def filling(width, x, fill):
    if fill == "":
        raise Failure("a text is not filled up with nothing")
    missing = max(width - len(x), 0)
    return (fill * (missing + 1))[:missing]


def pad_start(x, width, fill=" "):
    return filling(width, x, fill) + x


def pad_end(x, width, fill=" "):
    return x + filling(width, x, fill)


def center(x, width, fill=" "):
    return pad_end(pad_start(x, len(x) + max(width - len(x), 0) // 2, fill), width, fill)


def truncate(x, length, end="…"):
    if len(x) <= length:
        return x
    return x[:max(length - len(end), 0)] + end[:max(length, 0)]


def cut_at(x, at):
    return (x[:x.find(at)], x[x.find(at) + len(at):]) if at in x else None


def cut_last(x, at):
    parts = split_by(x, at)
    return (at.join(parts[:-1]), parts[-1]) if len(parts) > 1 else None


def indent(x, margin="  "):
    return bounded("\n".join(line if not line.strip() else margin + line
                             for line in x.split("\n")))


def escape_html(x):
    for what, by in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"),
                     ("'", "&#39;")):
        x = x.replace(what, by)
    return bounded(x)


def distance(x, y):
    if len(x) * len(y) > 10_000:
        raise Unspecified("large")
    row = list(range(len(y) + 1))
    for i, a in enumerate(x, 1):
        row, last = [i], row
        for j, b in enumerate(y, 1):
            row.append(min(row[-1] + 1, last[j] + 1, last[j - 1] + (a != b)))
    return row[-1]


def code(x):
    if len(x) != 1:
        raise Failure(f"code() of a text of length {len(x)}, not of 1")
    return ord(x)


# ---- lists ----

def windows(xs, size, step=1):
    if size < 1 or step < 1:
        raise Failure(f"windows() of {size} elements, every {step}")
    return [xs[i:i + size] for i in range(0, len(xs) - size + 1, step)]


def transposed(rows):
    n = len(rows[0]) if rows else 0
    if any(len(r) != n for r in rows):
        raise Failure("transpose() of rows of different lengths")
    return [[r[i] for r in rows] for i in range(n)]


def interleaved(x, y):
    n = min(len(x), len(y))
    out = [e for pair in zip(x, y) for e in pair]
    return bounded(out + x[n:] + y[n:])


def filled(item, n):
    if n > 1000:
        raise Unspecified("large")
    return [item] * max(n, 0)


def order(t, xs):
    numbered = in_order_by(t, list(enumerate(xs)), lambda pair: pair[1])
    return [i for i, _ in numbered]


def in_order_by(t, xs, key):
    out = []
    for x in xs:
        at = len(out)
        while at and less(t, key(x), key(out[at - 1])):
            at -= 1
        out.insert(at, x)
    return out


# ---- numbers ----

def clamp(t, x, low, high):
    return greatest(t, [low, least(t, [x, high])])


def sized(name):
    def check(x):
        return whole(x, f"integer overflow in {name}()")
    return check


def factorial(n):
    if not 0 <= n <= 20:
        raise Failure(f"factorial({n}): from 0 to 20 fits")
    return math.factorial(n)


def choose(n, k):
    if n < 0 or k < 0:
        raise Failure(f"choose({n}, {k}) of what is negative")
    if min(k, n - k) > 200:
        raise Unspecified("large")
    return whole(math.comb(n, k), f"integer overflow in choose({n}, {k})")


def product(xs):
    total = 1
    for x in xs:
        total = whole(total * x, "integer overflow in product()")
    return total


# ---- json ----

def kind_text(x):
    if x is None:
        return "null"
    if isinstance(x, bool):
        return "a bool"
    return {str: "a text", list: "a list", dict: "a map"}.get(type(x), "a number")


def wants(x, kind, what):
    if not isinstance(x, kind):
        raise Failure(f"this json is {kind_text(x)}, and {what}")
    return x


def json_key(x, key):
    return key_of(wants(x, dict, "has no keys"), key)


def json_place(x, at):
    return index_list(wants(x, list, "has no places"), at)


def json_contains(x, key):
    return key in wants(x, (dict, list), "holds nothing")


def json_walked(x, names):
    """The pairs that a loop goes through."""
    if len(names) == 2:
        if not isinstance(x, dict):
            raise Failure("Input should be a valid dictionary")
        return list(x.items())
    if not isinstance(x, list):
        raise Failure("Input should be a valid list")
    return [(item, i) for i, item in enumerate(x)]


TEXT_PAIR = optional(tuple_of(STR, STR))
LIBRARY = [
    *(("format", (t, STR), STR, formatted) for t in (INT, FLOAT, STR, BOOL, SIZE)),
    ("format", (DURATION, STR), STR, lambda x, spec: formatted(x / 1e9, spec)),
    ("text.distance", (STR, STR), INT, distance),
    ("text.code", (STR,), INT, code),
    ("text.trim_start", (STR,), STR, str.lstrip),
    ("text.trim_end", (STR,), STR, str.rstrip),
    ("list.flatten", (list_of(list_of(T)),), list_of(T),
     lambda xs: bounded([e for x in xs for e in x])),
    ("list.without", (list_of(E), list_of(E)), list_of(E),
     typed(lambda t, x, y: [e for e in x if where(t, y, e) is None])),
    ("list.common", (list_of(E), list_of(E)), list_of(E),
     typed(lambda t, x, y: [e for e in x if where(t, y, e) is not None])),
    ("list.filled", (T, INT), list_of(T), filled),
    ("list.order", (list_of(S),), list_of(INT), typed(order)),
    ("math.gcd", (INT, INT), INT, lambda x, y: sized("gcd")(math.gcd(x, y))),
    ("math.lcm", (INT, INT), INT, lambda x, y: sized("lcm")(math.lcm(x, y))),
    ("math.factorial", (INT,), INT, factorial),
    ("math.choose", (INT, INT), INT, choose),
    ("math.product", (list_of(INT),), INT, product),
    ("math.is_finite", (FLOAT,), BOOL, math.isfinite),
    ("json", (J,), JSON, typed(to_json)),
    ("len", (JSON,), INT, lambda x: len(wants(x, (str, list, dict), "has no length"))),
    ("contains", (JSON, STR), BOOL, json_contains),
    ("at", (JSON, STR), JSON, json_key),
    ("at", (JSON, INT), JSON, json_place),
]
WRITTEN = [
    ("text.lines", (STR,), list_of(STR), lines),
    ("text.pad_start", (STR, INT), STR, pad_start),
    ("text.pad_start", (STR, INT, STR), STR, pad_start),
    ("text.pad_end", (STR, INT, STR), STR, pad_end),
    ("text.center", (STR, INT, STR), STR, center),
    ("text.truncate", (STR, INT), STR, truncate),
    ("text.truncate", (STR, INT, STR), STR, truncate),
    ("text.without_prefix", (STR, STR), STR, str.removeprefix),
    ("text.without_suffix", (STR, STR), STR, str.removesuffix),
    ("text.cut", (STR, STR), TEXT_PAIR, cut_at),
    ("text.cut_last", (STR, STR), TEXT_PAIR, cut_last),
    ("text.squeeze", (STR,), STR, lambda x: " ".join(x.split())),
    ("text.is_blank", (STR,), BOOL, lambda x: not x.strip()),
    ("text.indent", (STR,), STR, indent),
    ("text.indent", (STR, STR), STR, indent),
    ("text.escape_html", (STR,), STR, escape_html),
    ("list.first", (list_of(T),), optional(T), lambda x: x[0] if x else None),
    ("list.last", (list_of(T),), optional(T), lambda x: x[-1] if x else None),
    ("list.windows", (list_of(T), INT), list_of(list_of(T)), windows),
    ("list.windows", (list_of(T), INT, INT), list_of(list_of(T)), windows),
    ("list.transpose", (list_of(list_of(T)),), list_of(list_of(T)), transposed),
    ("list.pairs", (map_of(T),), list_of(tuple_of(STR, T)), lambda m: list(m.items())),
    ("list.to_map", (list_of(tuple_of(STR, T)),), map_of(T), dict),
    ("list.interleave", (list_of(T), list_of(T)), list_of(T), interleaved),
    ("math.clamp", (S, S, S), S, typed(clamp)),
    ("math.sign", (FLOAT,), INT, lambda x: (x > 0) - (x < 0)),
    ("math.lerp", (FLOAT, FLOAT, FLOAT), FLOAT, lambda x, y, at: real(x + real((y - x) * at))),
]
SMALL = {"range", "repeat", "list.filled", "list.windows", "text.pad_start", "text.pad_end",
         "text.center", "text.truncate", "math.choose", "math.factorial"}
IS_WRITTEN = {row[0] for row in WRITTEN}


# ---- with a function of an element ----

def grouped(keys, xs):
    out = {}
    for k, x in zip(keys, xs):
        out.setdefault(k, []).append(x)
    return out


def counted(keys, _):
    return {k: len(xs) for k, xs in grouped(keys, keys).items()}


def runs(t, keys, xs):
    out = []
    for i, x in enumerate(xs):
        if i and equal(t, keys[i - 1], keys[i]):
            out[-1].append(x)
        else:
            out.append([x])
    return out


def best(better):
    def found(t, keys, xs):
        if not xs:
            return None
        return first_of(list(zip(keys, xs)), lambda x, y: better(t, x[0], y[0]))[1]
    return found


def sorted_by(t, keys, xs):
    return [x for _, x in in_order_by(t, list(zip(keys, xs)), lambda pair: pair[0])]


def partitioned(keys, xs):
    return ([x for k, x in zip(keys, xs) if k], [x for k, x in zip(keys, xs) if not k])


# name: (type of the key, result, function of keys and elements); of those that
# stop early, what ends them.
BY = {
    "list.sort_by": (S, list_of(T), typed(sorted_by)),
    "list.min_by": (S, optional(T), typed(best(less))),
    "list.max_by": (S, optional(T), typed(best(lambda t, x, y: less(t, y, x)))),
    "list.group_by": (STR, map_of(list_of(T)), grouped),
    "list.index_by": (STR, map_of(T), lambda keys, xs: dict(zip(keys, xs))),
    "list.count_by": (STR, map_of(INT), counted),
    "list.partition": (BOOL, tuple_of(list_of(T), list_of(T)), partitioned),
    "list.runs": (E, list_of(list_of(T)), typed(runs)),
    "list.find_by": (BOOL, optional(T), lambda keys, xs: xs[-1] if keys[-1:] == [True]
                     else None),
    "list.take_while": (BOOL, list_of(T), lambda keys, xs: xs[:keys.index(False)]
                        if False in keys else xs),
}
ENDS_AT = {"list.find_by": True, "list.take_while": False}
