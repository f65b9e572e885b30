"""The operators of grammar/defs/ops.def that are pure, as Python has them.

OPERATORS: (name, types of the parameters, type of the result, function). Types
are those of the model; a T, U or S (one that can be sorted), E (one that is
compared) or J (one that has JSON) is the same type at each place of a row.
"""
import math

from .types import (BOOL, BYTES, DURATION, FLOAT, INT, STR, SIZE, Type, list_of,
                    map_of, optional, tuple_of)
from .values import Failure, Unspecified, equal, float_text, less, python_form, shown

LEAST, MOST = -2**63, 2**63 - 1
LONGEST = 4000  # of texts and lists that a body may make

T, U, S, E, J = VARIABLES = tuple(Type(k) for k in "TUSEJ")


def whole(x, message):
    if not LEAST <= x <= MOST:
        raise Failure(message)
    return x


def real(x):
    if math.isnan(x):
        raise Unspecified("NaN")
    return x


def bounded(x):
    if len(x) > LONGEST:
        raise Unspecified("large")
    return x


def cut(s, most):
    """What a message shows of a long text, and what stands behind it."""
    short = s.encode()[:most].decode(errors="ignore")
    return short, "…" if short != s else ""


# ---- numbers ----

def other_digits(s):
    """Digits of other alphabets, which Python reads and the language does not."""
    return any(c.isdigit() and not c.isascii() for c in s)


def unread(what, s):
    short, more = cut(s, 200)
    return Failure(f"{what}: {short!r}{more}")


def int_of_text(s):
    try:
        if other_digits(s):
            raise ValueError
        x = int(s)
    except ValueError:
        raise unread("invalid literal for int() with base 10", s)
    return whole(x, f"int() result does not fit in 64 bits: {s!r}")


def float_of_text(s):
    try:
        if other_digits(s):
            raise ValueError
        return real(float(s))
    except ValueError:
        raise unread("could not convert string to float", s)


def int_of_float(x):
    if math.isinf(x):
        raise Failure("cannot convert float infinity to integer")
    return whole(int(x), f"{float_text(x)} does not fit in a 64-bit int")


def rounded(how):
    return lambda x: int_of_float(x if math.isinf(x) else float(how(x)))


def power_int(x, n):
    if n < 0:
        raise Failure(f"pow() with a negative whole power: {n}")
    if abs(x) > 1 and n > 64:
        raise Failure(f"integer overflow in pow({x}, {n})")
    return whole(x ** (n if abs(x) > 1 else n % 2 + 2 * (n > 0)),
                 f"integer overflow in pow({x}, {n})")


def power_float(x, y):
    if x < 0 and math.isfinite(x) and math.isfinite(y) and y != int(y):
        raise Failure(f"a broken power of a negative number: {float_text(x)}")
    if x == 0 and y < 0 and math.isfinite(y):
        raise Unspecified("a pole")
    try:
        return real(math.pow(x, y))
    except OverflowError:
        raise Failure(f"the result of pow() is too large: {float_text(x)}")
    except ValueError:
        raise Unspecified("a pole")


def exponential(x):
    try:
        return math.exp(x)
    except OverflowError:
        raise Failure(f"the result of exp() is too large: {float_text(x)}")


def logarithm(x):
    if x <= 0:
        raise Failure(f"log() of what is not positive: {float_text(x)}")
    return math.log(x)


def square_root(x):
    if x < 0:
        raise Failure(f"sqrt() of a negative number: {float_text(x)}")
    return math.sqrt(x)


def round_places(x, places):
    if math.isinf(x) or abs(places) > 400:
        return x if math.isinf(x) or places > 0 else math.copysign(0.0, x)
    try:
        return round(x, places)
    except OverflowError:
        raise Unspecified("rounded beyond the largest float")


def sum_of_ints(xs):
    total = 0
    for x in xs:
        total = whole(total + x, "integer overflow in sum()")
    return total


def sum_of_floats(xs):
    total = 0.0
    for x in xs:
        total += x
    return real(total)


def mean(xs):
    if not xs:
        raise Failure("mean() of an empty list")
    return real(sum_of_floats(xs) / len(xs))


# ---- order ----

def first_of(xs, better):
    best = xs[0]
    for x in xs[1:]:
        if better(x, best):
            best = x
    return best


def least(t, xs):
    if not xs:
        raise Failure("min() of an empty list")
    return first_of(xs, lambda x, y: less(t, x, y))


def greatest(t, xs):
    if not xs:
        raise Failure("max() of an empty list")
    return first_of(xs, lambda x, y: less(t, y, x))


def in_order(t, xs):
    out = []
    for x in xs:  # by insertion, behind its equals
        at = len(out)
        while at and less(t, x, out[at - 1]):
            at -= 1
        out.insert(at, x)
    return out


# ---- lists ----

def numbers(low, high):
    if high - low > LONGEST:
        raise Unspecified("large")
    return list(range(low, high))


def parts(xs, size):
    if size < 1:
        raise Failure(f"chunks() of {size} elements")
    return [xs[i:i + size] for i in range(0, len(xs), size)]


def where(t, xs, item):
    return next((i for i, x in enumerate(xs) if equal(t, x, item)), None)


def each_once(t, xs):
    out = []
    for x in xs:
        if where(t, out, x) is None:
            out.append(x)
    return out


def put_in_list(xs, at, item):
    if not -len(xs) <= at < len(xs):
        raise Failure(f"list index out of range: {at} of {len(xs)}")
    xs = list(xs)
    xs[at] = item
    return xs


def index_list(xs, at):
    if not -len(xs) <= at < len(xs):
        raise Failure(f"index {at} is outside a list of {len(xs)} "
                      f"element{'' if len(xs) == 1 else 's'}")
    return xs[at]


def index_text(s, at):
    if not -len(s) <= at < len(s):
        raise Failure(f"index {at} is outside a text of length {len(s)}")
    return s[at]


def slice_of(x, low, high):
    return x[low:high]


# ---- texts ----

def split_by(s, by):
    if not by:
        raise Failure("empty separator")
    return s.split(by)


def found(s, part):
    return s.find(part) if part in s else None


def repeated(s, n):
    if len(s) * n > LONGEST:
        raise Unspecified("large")
    return s * n


# ---- maps ----

def key_of(m, key):
    if key not in m:
        short, more = cut(key, 100)
        raise Failure(f'key "{short}"{more} is not in the map')
    return m[key]


# ---- amounts ----

def amount(x):
    x = real(x)
    if math.isinf(x) or not LEAST < round(x) < MOST:
        raise Failure("the result is too large")
    return round(x)


def part_of(x, by):
    if by == 0:
        raise Failure("division by zero")
    return amount(x / by)


def over(x, y):
    if y == 0:
        raise Failure("division by zero")
    return x / y


# A function that takes the type first is marked `typed`: it gets what stands for
# the row's variable.
def typed(function):
    return ("typed", function)


OPERATORS = [
    ("int", (STR,), INT, int_of_text),
    ("int", (FLOAT,), INT, int_of_float),
    ("int", (INT,), INT, lambda x: x),
    ("int", (BOOL,), INT, int),
    ("float", (STR,), FLOAT, float_of_text),
    ("float", (INT,), FLOAT, float),
    ("float", (FLOAT,), FLOAT, lambda x: x),
    ("float", (DURATION,), FLOAT, lambda x: x / 1e9),
    ("str", (T,), STR, typed(shown)),
    ("repr", (T,), STR, typed(python_form)),
    ("bool", (INT,), BOOL, bool),
    ("len", (STR,), INT, len),
    ("len", (BYTES,), INT, len),
    ("len", (list_of(T),), INT, len),
    ("len", (map_of(T),), INT, len),
    ("sum", (list_of(INT),), INT, sum_of_ints),
    ("sum", (list_of(FLOAT),), FLOAT, sum_of_floats),
    ("mean", (list_of(FLOAT),), FLOAT, mean),
    ("min", (list_of(S),), S, typed(least)),
    ("max", (list_of(S),), S, typed(greatest)),
    ("min", (S, S), S, typed(lambda t, x, y: y if less(t, y, x) else x)),
    ("max", (S, S), S, typed(lambda t, x, y: y if less(t, x, y) else x)),
    ("abs", (INT,), INT, lambda x: whole(abs(x), f"integer overflow in abs({x})")),
    ("abs", (FLOAT,), FLOAT, abs),
    ("pow", (INT, INT), INT, power_int),
    ("pow", (FLOAT, FLOAT), FLOAT, power_float),
    ("exp", (FLOAT,), FLOAT, exponential),
    ("log", (FLOAT,), FLOAT, logarithm),
    ("floor", (FLOAT,), INT, rounded(math.floor)),
    ("ceil", (FLOAT,), INT, rounded(math.ceil)),
    ("round", (FLOAT,), INT, rounded(round)),
    ("round", (FLOAT, INT), FLOAT, round_places),
    ("sqrt", (FLOAT,), FLOAT, square_root),
    ("range", (INT,), list_of(INT), lambda n: numbers(0, n)),
    ("range", (INT, INT), list_of(INT), numbers),
    ("any", (list_of(BOOL),), BOOL, any),
    ("all", (list_of(BOOL),), BOOL, all),
    ("zip", (list_of(T), list_of(U)), list_of(tuple_of(T, U)), lambda x, y: list(zip(x, y))),
    ("unique", (list_of(E),), list_of(E), typed(each_once)),
    ("sorted", (list_of(S),), list_of(S), typed(in_order)),
    ("reversed", (list_of(T),), list_of(T), lambda x: x[::-1]),
    ("chunks", (list_of(T), INT), list_of(list_of(T)), parts),
    ("concat", (list_of(T), list_of(T)), list_of(T), lambda x, y: bounded(x + y)),
    ("slice", (list_of(T), INT, INT), list_of(T), slice_of),
    ("slice", (STR, INT, INT), STR, slice_of),
    ("put", (list_of(T), INT, T), list_of(T), put_in_list),
    ("chars", (STR,), list_of(STR), list),
    ("find", (STR, STR), optional(INT), found),
    ("find", (list_of(E), E), optional(INT), typed(where)),
    ("count", (STR, STR), INT, lambda s, part: s.count(part)),
    ("count", (list_of(E), E), INT,
     typed(lambda t, xs, x: sum(equal(t, y, x) for y in xs))),
    ("contains", (STR, STR), BOOL, lambda s, part: part in s),
    ("contains", (list_of(E), E), BOOL, typed(lambda t, xs, x: where(t, xs, x) is not None)),
    ("contains", (map_of(T), STR), BOOL, lambda m, k: k in m),
    ("get", (map_of(T), STR), optional(T), lambda m, k: m.get(k)),
    ("put", (map_of(T), STR, T), map_of(T), lambda m, k, x: {**m, k: x}),
    ("remove", (map_of(T), STR), map_of(T),
     lambda m, k: {n: x for n, x in m.items() if n != k}),
    ("merge", (map_of(T), map_of(T)), map_of(T), lambda x, y: {**x, **y}),
    ("keys", (map_of(T),), list_of(STR), list),
    ("values", (map_of(T),), list_of(T), lambda m: list(m.values())),
    ("upper", (STR,), STR, str.upper),
    ("lower", (STR,), STR, str.lower),
    ("trim", (STR,), STR, str.strip),
    ("split", (STR,), list_of(STR), str.split),
    ("split", (STR, STR), list_of(STR), split_by),
    ("join", (list_of(STR), STR), STR, lambda xs, by: bounded(by.join(xs))),
    ("replace", (STR, STR, STR), STR, lambda s, a, b: bounded(s.replace(a, b))),
    ("starts_with", (STR, STR), BOOL, str.startswith),
    ("ends_with", (STR, STR), BOOL, str.endswith),
    ("repeat", (STR, INT), STR, repeated),
    ("bytes", (STR,), BYTES, str.encode),
    ("times", (DURATION, FLOAT), DURATION, lambda x, by: amount(x * by)),
    ("times", (SIZE, FLOAT), SIZE, lambda x, by: amount(x * by)),
    ("over", (DURATION, DURATION), FLOAT, over),
    ("over", (SIZE, SIZE), FLOAT, over),
    ("part", (DURATION, FLOAT), DURATION, part_of),
    ("part", (SIZE, FLOAT), SIZE, part_of),
    ("at", (STR, INT), STR, index_text),
]


def run(row, types, args):
    """The result of a row; `types` are those of its arguments."""
    _, params, _, function = row
    if not isinstance(function, tuple):
        return function(*args)
    return function[1](variable(params, types), *args)


def variable(params, types):
    """What stands for the variable of the first parameter that has one."""
    got = {}
    for p, t in zip(params, types):
        matched(p, t, got)
    return next(iter(got.values()))


def matched(p, t, got):
    """Whether t is of the form p; what stands for its variables."""
    if p in VARIABLES:
        return got.setdefault(p, t) is t
    if p is t:
        return True
    if p.kind != t.kind or t.name or len(p.parts) != len(t.parts):
        return False
    if p.kind == "tuple":
        return all(matched(x, y, got) for x, y in zip(p.parts, t.parts))
    return p.of is not None and matched(p.of, t.of, got)


def instance(p, got):
    """The type of the form p where this stands for its variables."""
    if p in VARIABLES:
        return got[p]
    if p.kind == "tuple":
        return tuple_of(*[instance(x, got) for x in p.parts])
    make = {"list": list_of, "map": map_of, "optional": optional}.get(p.kind)
    return make(instance(p.of, got)) if make else p


def variables(p):
    """Those of a form."""
    if p in VARIABLES:
        return {p}
    return set().union(*map(variables, p.parts if p.kind == "tuple" else
                            [p.of] if p.of else []))
