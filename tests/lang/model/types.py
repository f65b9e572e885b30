"""Types of the model. Two that are the same are one object, as in the compiler;
a declared one is the same as itself only, and fits another of the same fields.
"""
SIMPLE = ("none", "bool", "int", "float", "str", "duration", "size", "bytes", "json")


class Type:
    """`of` is the part of a list, map or optional, or the result of a fn; `parts` the
    types of a tuple or of a fn's parameters,
    (name, type) of a record, words of an enumeration, (name, record) of a union."""

    def __init__(self, kind, of=None, parts=(), name=None):
        self.kind, self.of, self.parts, self.name = kind, of, parts, name
        self.defaults = {}  # of a declared record: field -> value

    def __repr__(self):
        return text(self)


_made = {}


def _one(kind, of=None, parts=()):
    key = (kind, of, parts)
    if key not in _made:
        _made[key] = Type(kind, of, parts)
    return _made[key]


NONE, BOOL, INT, FLOAT, STR, DURATION, SIZE, BYTES, JSON = (_one(k) for k in SIMPLE)


def list_of(t):
    return _one("list", t)


def map_of(t):
    return _one("map", t)


def fn_of(result, *params):
    return _one("fn", result, tuple(params))


def optional(t):
    return t if t.kind == "optional" else _one("optional", t)


def tuple_of(*parts):
    return _one("tuple", None, tuple(parts))


def record(*fields):
    return _one("record", None, tuple(fields))


def declared(name, kind, parts, of=None):
    return Type(kind, of, parts, name)


def text(t):
    """As the language writes it."""
    if t.name:
        return t.name
    return definition(t)


def definition(t):
    """What stands behind `type name =`."""
    if t.kind == "alias":
        return text(t.of) + t.limits
    if t.kind == "list":
        return f"[{text(t.of)}]"
    if t.kind == "map":
        return f"map {text(t.of)}"
    if t.kind == "optional":
        inner = text(t.of)
        return f"({inner})?" if t.of.kind in ("map", "fn") else inner + "?"
    if t.kind == "fn":
        return f"fn({', '.join(map(text, t.parts))}) -> {text(t.of)}"
    if t.kind == "tuple":
        return f"({', '.join(map(text, t.parts))}{',' if len(t.parts) == 1 else ''})"
    if t.kind == "record":
        return "{ " + ", ".join(_field(t, *f) for f in t.parts) + " }"
    if t.kind == "enum":
        return " | ".join(f'"{w}"' for w in t.parts)
    if t.kind == "union":
        return " | ".join(_variant(*v) for v in t.parts)
    return t.kind


def _field(t, name, of):
    from . import values
    initial = f" = {values.literal(of, t.defaults[name])}" if name in t.defaults else ""
    return f"{name}: {text(of)}{initial}"


def _variant(name, fields):
    if not fields.parts:
        return name
    return f"{name}({', '.join(_field(fields, *f) for f in fields.parts)})"


def is_ordered(t):
    return t.kind in ("int", "float", "str", "enum", "duration", "size")


def is_sortable(t):
    if t.kind == "tuple":
        return all(map(is_sortable, t.parts))
    return is_ordered(t) or t.kind == "bool"


def holds(t, kind, seen=()):
    """Whether a type of this kind is anywhere in it."""
    if t.kind == kind:
        return True
    if t in seen:
        return False
    seen = (*seen, t)
    parts = [p if t.kind in ("tuple", "fn") else p[1]
             for p in t.parts] if t.kind != "enum" else []
    return any(holds(p, kind, seen) for p in parts + ([t.of] if t.of else []))
