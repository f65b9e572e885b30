"""Values of the model, and what is done with them by their type.

  none None   bool bool   int, duration (ns), size (bytes) int   float float
  str, enum str   bytes bytes   list list   map dict   tuple, record tuple
  optional None or the value   union (number of the variant, tuple of its fields)
  json None bool int float str list dict
"""
import math


class Unspecified(Exception):
    """What the language does not promise: too much of something, or a NaN."""


class Failure(Exception):
    """An error of the language. A `vague` one: of several that may come, one does."""
    vague = False

    def __init__(self, message, status=500, kind="user"):
        super().__init__(message)
        self.message, self.status, self.kind = message, status, kind


# ---- equality and order ----

def equal(t, x, y):
    if t.kind == "json":
        return _equal_json(x, y)
    if t.kind == "list":
        return len(x) == len(y) and all(equal(t.of, a, b) for a, b in zip(x, y))
    if t.kind == "map":
        return x.keys() == y.keys() and all(equal(t.of, x[k], y[k]) for k in x)
    if t.kind == "tuple":
        return all(equal(p, a, b) for p, a, b in zip(t.parts, x, y))
    if t.kind == "record":
        return all(equal(p, a, b) for (_, p), a, b in zip(t.parts, x, y))
    if t.kind == "optional":
        if x is None or y is None:
            return x is y
        return equal(t.of, x, y)
    if t.kind == "union":
        return x[0] == y[0] and equal(t.parts[x[0]][1], x[1], y[1])
    return x == y


def _equal_json(x, y):
    numbers = [isinstance(v, (int, float)) and not isinstance(v, bool) for v in (x, y)]
    if all(numbers):
        return float(x) == float(y) if isinstance(x, float) or isinstance(y, float) else x == y
    if type(x) is not type(y):
        return False
    if isinstance(x, list):
        return len(x) == len(y) and all(map(_equal_json, x, y))
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(_equal_json(x[k], y[k]) for k in x)
    return x == y


def less(t, x, y):
    if t.kind == "tuple":
        for p, a, b in zip(t.parts, x, y):
            if less(p, a, b) or less(p, b, a):
                return less(p, a, b)
        return False
    return x < y


# ---- as text ----

def float_text(x):
    return repr(x)


def duration_text(ns):
    sign, x = ("-" if ns < 0 else ""), abs(ns)
    if not x:
        return "0s"
    for size, name in ((3600 * 10**9, "h"), (60 * 10**9, "m")):
        if x >= size and x % size == 0:
            return f"{sign}{x // size}{name}"
    for size, name in ((10**9, "s"), (10**6, "ms"), (1000, "us"), (1, "ns")):
        if x >= size:
            whole, rest = divmod(x, size)
            digits = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0") if rest else ""
            return f"{sign}{whole}{'.' + digits if digits else ''}{name}"


def size_text(bytes_):
    sign, x = ("-" if bytes_ < 0 else ""), abs(bytes_)

    def divided(by):
        n, units = x, 0
        while n and units < 5 and n % by == 0:
            n, units = n // by, units + 1
        return n, units
    two, ten = divided(1024), divided(1000)
    names = ("B", "KiB", "MiB", "GiB", "TiB", "PiB") if two[0] <= ten[0] else \
        ("B", "KB", "MB", "GB", "TB", "PB")
    n, units = two if two[0] <= ten[0] else ten
    return f"{sign}{n}{names[units]}"


def python_form(t, v):
    """What repr() gives."""
    if t.kind == "optional":
        return "None" if v is None else python_form(t.of, v)
    if t.kind == "list":
        return "[" + ", ".join(python_form(t.of, x) for x in v) + "]"
    if t.kind == "map":
        return "{" + ", ".join(f"{k!r}: {python_form(t.of, x)}" for k, x in v.items()) + "}"
    if t.kind == "tuple":
        inner = ", ".join(map(python_form, t.parts, v))
        return f"({inner}{',' if len(v) == 1 else ''})"
    if t.kind == "record":
        return "{" + ", ".join(f"{n!r}: {python_form(p, x)}"
                               for (n, p), x in zip(t.parts, v)) + "}"
    if t.kind == "union":
        name, fields = t.parts[v[0]]
        return name + "(" + ", ".join(f"{n}={python_form(p, x)}"
                                      for (n, p), x in zip(fields.parts, v[1])) + ")"
    if t.kind == "duration":
        return duration_text(v)
    if t.kind == "size":
        return size_text(v)
    return repr(v)  # none bool int float str bytes enum json


def shown(t, v):
    """What a hole of a string shows."""
    if t.kind == "optional" and v is not None:
        return shown(t.of, v)
    if t.kind in ("str", "enum") or (t.kind == "json" and isinstance(v, str)):
        return v
    return python_form(t, v)


# ---- as json ----

def to_json(t, v):
    if t.kind == "optional":
        return None if v is None else to_json(t.of, v)
    if t.kind == "list":
        return [to_json(t.of, x) for x in v]
    if t.kind == "map":
        return {k: to_json(t.of, x) for k, x in v.items()}
    if t.kind == "tuple":
        return [to_json(p, x) for p, x in zip(t.parts, v)]
    if t.kind == "record":
        return {n: to_json(p, x) for (n, p), x in zip(t.parts, v)}
    if t.kind == "union":
        name, fields = t.parts[v[0]]
        return {"type": name, **to_json(fields, v[1])}
    if t.kind == "duration":
        raise Unspecified("a duration as json")
    if t.kind == "float" and not math.isfinite(v):
        raise Unspecified("a float that is not finite as json")
    return v


# ---- as the language writes it ----

def quote(s):
    out = []
    for c in s:
        if c in '"\\{':
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif c < " " or "\x7f" <= c < "\xa0" or not c.isprintable():
            out.append(f"\\u{{{ord(c):X}}}")
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def literal(t, v):
    """An expression that gives the value where the type is wanted."""
    if t.kind == "optional":
        return "none" if v is None else literal(t.of, v)
    if t.kind == "bool":
        return "true" if v else "false"
    if t.kind == "float":
        if not math.isfinite(v):
            return f'float("{v}")'
        return f"({v!r})" if v < 0 or repr(v)[0] == "-" else repr(v)
    if t.kind in ("int", "duration", "size"):
        unit = {"int": "", "duration": "ns", "size": "B"}[t.kind]
        if v >= 0:
            return f"{v}{unit}"
        return f"(-{-v})" if t.kind == "int" else f"(0{unit} - {-v}{unit})"
    if t.kind in ("str", "enum"):
        return quote(v)
    if t.kind == "bytes":
        return f"bytes({quote(v.decode())})"
    if t.kind == "list":
        return "[" + ", ".join(literal(t.of, x) for x in v) + "]"
    if t.kind == "map":
        return "{" + ", ".join(f"{quote(k)}: {literal(t.of, x)}" for k, x in v.items()) + "}"
    if t.kind == "tuple":
        return "(" + ", ".join(map(literal, t.parts, v)) + ("," if len(v) == 1 else "") + ")"
    if t.kind == "record":
        return "{" + ", ".join(f"{n}: {literal(p, x)}"
                               for (n, p), x in zip(t.parts, v)) + "}"
    if t.kind == "union":
        name, fields = t.parts[v[0]]
        inner = ", ".join(f"{n}: {literal(p, x)}" for (n, p), x in zip(fields.parts, v[1]))
        return f"{name}({inner})" if inner else name
    if t.kind == "json":
        return _json_literal(v)
    raise AssertionError(t.kind)


def _json_literal(v):
    if v is None or isinstance(v, bool):
        return {None: "none", True: "true", False: "false"}[v]
    if isinstance(v, str):
        return quote(v)
    if isinstance(v, list):
        return "[" + ", ".join(map(_json_literal, v)) + "]"
    if isinstance(v, dict):
        return "{" + ", ".join(f"{quote(k)}: {_json_literal(x)}" for k, x in v.items()) + "}"
    return repr(v) if v >= 0 and repr(v)[0] != "-" else f"({v!r})"
