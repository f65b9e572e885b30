"""Random functions that are well typed, whatever they then do.

A function's text and what it gives come from one tree (tree.py); whoever calls
them with arguments asks evaluate.py what must come out.
"""
import random

from . import operators
from .libraries import BY, LIBRARY, SMALL, SPECS, WRITTEN
from .operators import E, J, OPERATORS, S, T, U
from .tree import Function, Node
from .types import (BOOL, BYTES, DURATION, FLOAT, INT, JSON, SIZE, STR, declared, holds,
                    is_ordered, is_sortable, list_of, map_of, optional, record, tuple_of)
from .values import Unspecified, literal

INTS = (0, 1, -1, 2, 3, 7, -7, 10, 100, 255, -256, 2**31, -2**31, 2**53 + 1, 10**18,
        2**62, 2**63 - 1, -2**63, 2**63 - 2, 1 - 2**63)
FLOATS = (0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 3.14159, 1e-5, 1e16, 1e22, 123456.789,
          1e100, -1e300, 1.7976931348623157e308, 5e-324, 2.675, 9007199254740993.0, -0.0)
WORDS = ("", "a", "b", "ab", "abc", "x y", " pad ", "héllo", "naïve", "日本語", "🎈", "a🎈b",
         "ß", "Ünï", "tab\there", "line\nbreak", "'", '"', "it's \"so\"", "\\", "{}", "a,b,,c",
         "aaa", "12", " 7 ", "-3", "1_000", "1.5", "1e3", "+0", "inf", "0x1F", "٣", "e\u0301",
         "\u00a0nbsp\u2003", "\u200b", "\x1c", "\x7f", "A", "Z", "word", "Word", "the end")
ROWS = OPERATORS + LIBRARY + WRITTEN
KEYS = ("a", "b", "c", "key", "é", "", "a b")


MATCHED = ("union", "enum", "bool", "int", "str", "json")
JSON_KINDS = {"none": None, "bool": BOOL, "int": INT, "float": FLOAT, "str": STR,
              "list": list_of(JSON), "map": map_of(JSON)}


class Var:
    def __init__(self, name, type, mutable=False, known=False):
        self.name, self.type, self.mutable = name, type, mutable
        self.known = known  # an optional that is surely there
        self.own = False  # a field or state of a replica


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.types, self.functions, self.names = [], [], 0
        self.streams = []  # functions whose results are streams
        self.scope, self.lines = [], None  # Vars; the statements that come before
        
    # ---- dice ----

    def chance(self, p):
        return self.random.random() < p

    def one(self, of):
        return self.random.choice(of)

    def weighted(self, options):
        """One of (weight, function) by weight."""
        options = [o for o in options if o[0]]
        return self.random.choices([o[1] for o in options], [o[0] for o in options])[0]

    def fresh(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    # ---- types ----

    def declare(self, count):
        for _ in range(count):
            self.weighted([(3, self.declare_record), (2, self.declare_enum),
                           (3, self.declare_union), (1, self.declare_limited)])()

    def declare_record(self):
        fields = tuple((f"f{i}", self.type(2)) for i in range(self.random.randrange(1, 5)))
        t = declared(self.fresh("R"), "record", fields)
        for name, of in fields:
            if self.chance(0.2) and not holds(of, "bytes"):
                t.defaults[name] = self.value(of, 2)
        self.types.append(t)

    def declare_enum(self):
        words = self.random.sample(("red", "green", "blue", "a b", "é", "sum", "max"), 3)
        self.types.append(declared(self.fresh("W"), "enum", tuple(words)))

    def declare_union(self):
        name = self.fresh("U")
        variants = []
        for i in range(self.random.randrange(2, 5)):
            fields = tuple((f"v{k}", self.type(1)) for k in range(self.random.randrange(0, 3)))
            variant = declared(None, "record", fields)
            for field, of in fields:
                if self.chance(0.15) and not holds(of, "bytes"):
                    variant.defaults[field] = self.value(of, 1)
            variants.append((f"{name}{'ABCD'[i]}", variant))
        self.types.append(declared(name, "union", tuple(variants)))

    # Constraints hold where values come from outside, and of constants.
    def declare_limited(self):
        of, limits = self.one(((INT, "(ge: -9223372036854775808)"), (STR, "(max_length: 5000)"),
                               (FLOAT, "(le: 1.7976931348623157e308)"),
                               (INT, "(multiple_of: 1)"), (STR, "(min_length: 0)")))
        self.types.append(Alias(self.fresh("L"), of, limits))

    def scalar(self):
        return self.one((BOOL, INT, INT, INT, FLOAT, FLOAT, STR, STR, DURATION, SIZE))

    def type(self, depth):
        if depth <= 0 or self.chance(0.45):
            return self.scalar()
        own = [t for t in self.types if not isinstance(t, Alias)]
        return self.weighted([
            (4, lambda: list_of(self.type(depth - 1))),
            (2, lambda: map_of(self.type(depth - 1))),
            (2, lambda: optional(self.sure(depth - 1))),
            (0.8, lambda: JSON),
            (2, lambda: tuple_of(*[self.type(depth - 1)
                                   for _ in range(self.random.randrange(1, 4))])),
            (1, lambda: record(*[(f"r{i}", self.type(depth - 1))
                                 for i in range(self.random.randrange(1, 3))])),
            (6 if own else 0, lambda: self.one(own)),
            (0.3, lambda: BYTES)])()

    # `json?` would have two nones.
    def sure(self, depth):
        t = self.type(depth)
        return INT if t is JSON else t

    # ---- values ----

    def value(self, t, depth=3):
        pick = self.random
        few = pick.randrange(0, 4) if depth > 0 else 0
        if t.kind == "bool":
            return pick.random() < 0.5
        if t.kind == "int":
            return self.one(INTS) if self.chance(0.3) else pick.randrange(-20, 21)
        if t.kind == "float":
            return self.one(FLOATS) if self.chance(0.6) else round(pick.uniform(-100, 100), 3)
        if t.kind == "str":
            return self.one(WORDS)
        if t.kind == "bytes":
            return self.one(WORDS).encode()
        if t.kind == "duration":
            return self.one((0, 1, 10**6, 1500 * 10**6, 10**9, 60 * 10**9, 3600 * 10**9, 1234567))
        if t.kind == "size":
            return self.one((0, 1, 1000, 1024, 2**20, 10**6, 1536, 5 * 10**9))
        if t.kind == "enum":
            return self.one(t.parts)
        if t.kind == "list":
            return [self.value(t.of, depth - 1) for _ in range(few)]
        if t.kind == "map":
            return {self.one(KEYS): self.value(t.of, depth - 1) for _ in range(few)}
        if t.kind == "optional":
            return None if self.chance(0.3) else self.value(t.of, depth - 1)
        if t.kind == "tuple":
            return tuple(self.value(p, depth - 1) for p in t.parts)
        if t.kind == "record":
            return tuple(self.value(p, depth - 1) for _, p in t.parts)
        if t.kind == "union":
            at = pick.randrange(len(t.parts))
            return (at, self.value(t.parts[at][1], depth - 1))
        if t.kind == "json":
            return self.json(depth)
        raise AssertionError(t.kind)

    def json(self, depth):
        kind = self.random.randrange(8 if depth > 0 else 5)
        if kind < 5:
            return (None, self.chance(0.5), self.random.randrange(-9, 99), self.one(FLOATS),
                    self.one(WORDS))[kind]
        if kind < 7:
            return [self.json(depth - 1) for _ in range(self.random.randrange(3))]
        return {self.one(KEYS): self.json(depth - 1) for _ in range(self.random.randrange(3))}

    # ---- expressions ----

    def self_typed(self, t, v):
        """Whether the value's literal has this type by itself."""
        if t.name or t.kind in ("optional", "enum", "json"):
            return False
        if t.kind == "list":
            return bool(v) and all(self.self_typed(t.of, x) for x in v)
        if t.kind == "map":
            return bool(v) and all(self.self_typed(t.of, x) for x in v.values())
        if t.kind == "tuple":
            return all(map(self.self_typed, t.parts, v))
        if t.kind == "record":
            return all(self.self_typed(p, x) for (_, p), x in zip(t.parts, v))
        return t.kind != "union"

    def constant(self, t, hint):
        v = self.value(t)
        node = Node("literal", t, value=v)
        return node if hint or self.self_typed(t, v) else self.named(t, node)

    # What needs to be told its type gets a name with one.
    def named(self, t, node):
        name = self.fresh("v")
        self.lines.append(Node("let", None, [node], name=name, wanted=t))
        return Node("name", t, name=name)

    def maybe(self):
        """Names of which a test can tell that they are there."""
        return [v for v in self.scope
                if v.type.kind == "optional" and not v.known and not v.own]

    def visible(self, t):
        return [v for v in self.scope if v.type is t and not v.known]

    def variable(self, t):
        found = self.visible(t)
        return Node("name", t, name=self.one(found[-8:]).name) if found else None

    def leaf(self, t, hint=True):
        found = self.variable(t)
        if found and self.chance(0.8):
            return found
        return self.constant(t, hint)

    def expression(self, t, depth, hint=True):
        if depth <= 0:
            return self.leaf(t, hint)
        if hint and self.chance(0.12):
            node = self.narrower(t, depth)
            if node:
                return node
        own = getattr(self, "for_" + t.kind)
        make = self.weighted([
            (5, lambda: self.leaf(t, hint)),
            (6, lambda: own(t, depth, hint)),
            (1.2, lambda: self.choice(t, depth, hint)),
            (0.7, lambda: self.matching(t, depth, hint)),
            (1.5, lambda: self.part(t, depth)),
            (1.2, lambda: self.calling(t, depth)),
            (0.8, lambda: self.otherwise(t, depth)),
            (2.5, lambda: self.operator(t, depth)),
            (0.6, lambda: self.by(t, depth)),
            (0.7, lambda: self.known(t, depth, hint)),
        ])
        return make() or self.leaf(t, hint)

    # Of a type that may stand where this one is wanted.
    def narrower(self, t, depth):
        if t.kind == "float":
            return Node("as", t, [self.expression(INT, depth - 1)], to="float")
        if t.kind == "optional":
            if self.chance(0.3):
                return Node("literal", t, value=None)
            return Node("as", t, [self.expression(t.of, depth - 1)], to="optional")
        enums = [e for e in self.types if e.kind == "enum"]
        if t.kind == "str" and enums:
            x = self.variable(self.one(enums))
            return x and Node("as", t, [x], to="str")
        same = [v for v in self.scope if not v.known and v.type is not t
                and v.type.kind == "record" and t.kind == "record" and v.type.parts == t.parts]
        return Node("as", t, [Node("name", same[0].type, name=same[0].name)],
                    to="record") if same else None

    def choice(self, t, depth, hint):
        return Node("if", t, [self.condition(depth - 1), self.expression(t, depth - 1, hint),
                              self.expression(t, depth - 1, hint)])

    def matching(self, t, depth, hint):
        subjects = [v for v in self.scope if not v.known and
                    v.type.kind in MATCHED]
        if not subjects:
            return None
        v = self.one(subjects)
        kids, patterns = [Node("name", v.type, name=v.name)], []
        for p in self.patterns(v.type):
            patterns.append(p)
            mark = len(self.scope)
            self.bind(p)
            kids.append(self.expression(t, depth - 1, hint))
            del self.scope[mark:]
        return Node("match", t, kids, patterns=patterns)

    def bind(self, p):
        if getattr(p, "bind", None):
            self.scope.append(Var(p.bind, p.type))

    # Values, then kinds, of which a whole number is an int before it is a float.
    def json_patterns(self):
        values = [Node("pattern", t, value=v) for t, v in self.random.sample(
            ((INT, 1), (INT, -3), (STR, "a"), (STR, ""), (BOOL, True)), self.random.randrange(3))]
        kinds = self.random.sample(sorted(JSON_KINDS), self.random.randrange(1, 8))
        if "int" in kinds and "float" in kinds:
            kinds.remove("float")
            kinds.insert(kinds.index("int") + 1, "float")
        made = values + [Node("kind", JSON_KINDS[k], word=k,
                              bind=None if k == "none" else self.fresh("m")) for k in kinds]
        whole = set(JSON_KINDS) - {"int"} <= set(kinds)
        return made if whole else made + [Node("rest")]

    def patterns(self, t):
        if t is JSON:
            return self.json_patterns()
        rest = Node("rest")
        if t.kind == "union":
            made = []
            for at, (name, fields) in enumerate(t.parts):
                bind = self.fresh("m") if fields.parts and self.chance(0.8) else None
                made.append(Node("case", fields, name=name, at=at, bind=bind))
            self.random.shuffle(made)
        elif t.kind in ("enum", "bool"):
            words = list(t.parts) if t.kind == "enum" else [True, False]
            made = [Node("pattern", t, value=w) for w in words]
            self.random.shuffle(made)
        else:
            pool = INTS[:8] if t.kind == "int" else WORDS[:6]
            made = [Node("pattern", t, value=w) for w in self.random.sample(pool, 2)]
            return made + [rest]
        if len(made) > 1 and self.chance(0.3):
            return made[:-1] + [rest]
        return made

    def part(self, t, depth):
        """A field, item or element of something."""
        found = []
        for v in self.scope:
            if v.known:
                continue
            x = Node("name", v.type, name=v.name)
            if v.type.kind == "record":
                found += [Node("field", t, [x], name=n, at=i)
                          for i, (n, p) in enumerate(v.type.parts) if p is t]
            elif v.type.kind == "tuple":
                found += [Node("item", t, [x], at=i) for i, p in enumerate(v.type.parts)
                          if p is t]
            elif v.type.kind == "list" and v.type.of is t:
                found.append(Node("index", t, [x, self.expression(INT, depth - 2)]))
            elif v.type.kind == "map" and v.type.of is t:
                key = self.one((Node("literal", STR, value=self.one(KEYS)),
                                self.expression(STR, depth - 2)))
                found.append(Node("index", t, [x, key]))
        return self.one(found) if found else None

    def calling(self, t, depth):
        fitting = [f for f in self.functions if f.result is t and not f.waits]
        return self.call(self.one(fitting), depth) if fitting else None

    def call(self, f, depth):
        kids, names = [], []
        count = len(f.params)
        positional = self.random.randrange(count + 1) if self.chance(0.3) else count
        for i, (name, t) in enumerate(f.params):
            if name in f.defaults and i >= positional and self.chance(0.5):
                continue
            kids.append(self.expression(t, depth - 1))
            names.append(name if i >= positional else None)
        tail = list(zip(kids[positional:], names[positional:]))
        self.random.shuffle(tail)
        kids[positional:], names[positional:] = [k for k, _ in tail], [n for _, n in tail]
        return Node("call", f.result, kids, name=f.name, names=names, function=f)

    def otherwise(self, t, depth):
        if t.kind in ("optional", "json") or holds(t, "fn"):
            return None
        x = self.leaf(optional(t), hint=False) if self.chance(0.5) else \
            self.expression(optional(t), depth - 1, hint=False)
        if x.type is not optional(t):
            return None
        return Node("binary", t, [x, self.expression(t, depth - 1)], op="??")

    # `if x != none then … else …`, where the name is known to be there.
    def known(self, t, depth, hint):
        maybe = self.maybe()
        if not maybe:
            return None
        v = self.one(maybe)
        x = Node("name", v.type, name=v.name)
        positive = self.chance(0.5)
        test = Node("none?", BOOL, [x], op="!=" if positive else "==")
        there = self.there(v, lambda: self.expression(t, depth - 1, hint))
        other = self.expression(t, depth - 1, hint)
        return Node("if", t, [test, there, other] if positive else [test, other, there])

    def there(self, v, make):
        v.known = True
        self.scope.append(Var(v.name, v.type.of))
        made = make()
        self.scope[:] = [x for x in self.scope if not (x.name == v.name and x is not v)]
        v.known = False
        return made

    def operator(self, t, depth):
        rows = [(row, got) for row in ROWS for got in [self.stands_for(row, t)]
                if got is not None]
        if not rows:
            return None
        row, got = self.one(rows)
        kids = [self.expression(operators.instance(p, got), depth - 1, hint=False)
                for p in row[1]]
        return self.operation(row, t, kids)

    def operation(self, row, t, kids):
        if any(k.type is None for k in kids):
            return None
        if row[0] == "format":
            kids[1] = Node("literal", STR, value=self.one(SPECS[kids[0].type.kind]))
        if row[0] in SMALL:
            kids = [self.small(k) for k in kids]
        return Node("operator", t, kids, name=row[0], names=[None] * len(kids), row=row)

    # Numbers that say how much is made.
    def small(self, k):
        if k.type is INT:
            return Node("literal", INT, value=self.random.randrange(-2, 6))
        return k

    def may_stand(self, variable, t, name=""):
        """Whether a type may stand for a variable of an operator."""
        if variable is S:
            return is_sortable(t)
        if variable is E:
            return not holds(t, "json") and not holds(t, "fn")
        if variable is J:
            return not any(holds(t, kind) for kind in ("duration", "size", "bytes", "fn"))
        return name not in ("str", "repr") or not holds(t, "fn")

    def stands_for(self, row, t):
        """What the variables of the row may be, for it to give t; or None."""
        name, params, result, _ = row
        got = {}
        if not operators.matched(result, t, got):
            return None
        known = [v.type for v in self.scope if not v.known]
        for v in sorted(set().union(*map(operators.variables, params)) - set(got),
                        key=lambda v: v.kind):
            got[v] = self.one(known or [INT]) if self.chance(0.6) else self.type(1)
        fit = all(self.may_stand(v, of, name) for v, of in got.items())
        return got if fit and U not in got else None

    # ---- a library's function that is given one ----

    def by(self, t, depth):
        """`list.sort_by(xs, fn(x) = …)`; what the lambda reads is there."""
        fitting = []
        for name, (key, result, _) in BY.items():
            got = {}
            if operators.matched(result, t, got):
                fitting.append((name, key, got.get(T)))
        if not fitting or holds(t, "fn"):
            return None
        name, key, of = self.one(fitting)
        of = of or self.one([v.type for v in self.scope if not v.known and
                             not holds(v.type, "fn")] or [INT])
        over = self.expression(list_of(of), depth - 1, hint=False)
        if key is S:
            key = self.one((INT, STR, BOOL))
        elif key is E:
            key = self.type(0)
        item = self.fresh("q")
        mark = len(self.scope)
        self.scope.append(Var(item, of))
        value = self.expression(key, depth - 1, hint=False)
        del self.scope[mark:]
        return Node("by", t, [over], name=name, names=[item], test=None, value=value)

    # ---- expressions by their type ----

    def condition(self, depth):
        return self.expression(BOOL, depth)

    def for_bool(self, t, depth, hint):
        return self.weighted([
            (4, lambda: self.comparison(depth)),
            (2, lambda: self.equality(depth)),
            (2, lambda: Node("binary", BOOL, [self.condition(depth - 1),
                                              self.condition(depth - 1)],
                             op=self.one(("and", "or")))),
            (1, lambda: Node("not", BOOL, [self.condition(depth - 1)])),
            (1, lambda: self.membership(depth)),
            (1, lambda: self.none_test(depth))])()

    def sides(self, t, depth):
        """Two operands, of which not both are literals."""
        x = self.expression(t, depth - 1, hint=False)
        y = self.expression(t, depth - 1, hint=False)
        if not is_known(x) or not is_known(y):
            return [x, y]
        return [self.named(t, x), y]

    def comparison(self, depth):
        t = self.one([INT, FLOAT, STR, DURATION, SIZE] +
                     [v.type for v in self.scope if is_ordered(v.type) and not v.known])
        return Node("binary", BOOL, self.sides(t, depth), op=self.one(("<", "<=", ">", ">=")))

    def equality(self, depth):
        t = self.one([self.type(1)] + [v.type for v in self.scope if not v.known
                                       and not holds(v.type, "fn")])
        return Node("binary", BOOL, self.sides(t, depth), op=self.one(("==", "!=")))

    def membership(self, depth):
        holders = [v.type for v in self.scope if v.type.kind in ("list", "map", "str")
                   and not v.known and not holds(v.type, "fn")]
        t = self.one(holders or [STR])
        inside = t.of if t.kind == "list" else STR
        return Node("binary", BOOL, [self.expression(inside, depth - 1, hint=False),
                                     self.expression(t, depth - 1, hint=False)],
                    op=self.one(("in", "not in")))

    # Of something that has no name: testing a name says more (see `known`).
    def none_test(self, depth):
        of = [v.type.of for v in self.scope if v.type.kind in ("list", "map")]
        x = self.expression(optional(self.one(of or [INT])), depth - 1, hint=False)
        if x.kind in ("name", "field", "as"):
            return self.known_test(depth)
        return Node("none?", BOOL, [x], op=self.one(("==", "!=")))

    # `x != none and …`, where the name is known to be there.
    def known_test(self, depth):
        maybe = self.maybe()
        if not maybe:
            return None
        v = self.one(maybe)
        op = self.one(("and", "or"))
        test = Node("none?", BOOL, [Node("name", v.type, name=v.name)],
                    op="!=" if op == "and" else "==")
        rest = self.there(v, lambda: self.condition(depth - 1))
        both = Node("binary", BOOL, [test, rest], op=op)
        return Node("binary", BOOL, [both, Node("literal", BOOL, value=op == "and")],
                    op="==")  # so that it says no more than that

    def for_int(self, t, depth, hint):
        if self.chance(0.12):
            return self.negated(t, depth)
        op = self.one(("+", "-", "*", "div", "%", "+", "-"))
        return self.arithmetic(t, [t, t], op, depth)

    def for_float(self, t, depth, hint):
        if self.chance(0.12):
            return self.negated(t, depth)
        op = self.one(("+", "-", "*", "/", "/"))
        kinds = self.one(((FLOAT, FLOAT), (INT, FLOAT), (FLOAT, INT)))
        if op == "/":
            kinds = self.one((kinds, (INT, INT), (DURATION, DURATION), (SIZE, SIZE)))
        return self.arithmetic(t, kinds, op, depth)

    def negated(self, t, depth):
        x = self.expression(t, depth - 1, hint=False)
        return Node("negative", t, [self.named(t, x) if is_known(x) else x])

    # Constants that fail are refused when compiled, so one side is none.
    def arithmetic(self, t, kinds, op, depth):
        kids = [self.expression(k, depth - 1, hint=False) for k in kinds]
        for i, k in enumerate(kids):
            if is_known(k):
                kids[i] = self.variable(k.type) or self.named(k.type, k)
        if self.chance(0.4):
            i = 1 if op in ("div", "%", "/") or self.chance(0.7) else 0
            kids[i] = Node("literal", kinds[i], value=self.nonzero(kinds[i]))
        return Node("binary", t, kids, op=op)

    def nonzero(self, t):
        v = 0
        while not v:
            v = self.value(t)
        return v

    def for_str(self, t, depth, hint):
        return self.weighted([
            (3, lambda: self.template(depth)),
            (2, lambda: Node("binary", STR, [self.expression(STR, depth - 1, False),
                                             self.expression(STR, depth - 1, False)], op="+")),
            (2, lambda: self.sliced(STR, depth)),
            (1, lambda: Node("index", STR, [self.expression(STR, depth - 1, False),
                                            self.expression(INT, depth - 1)]))])()

    def template(self, depth):
        parts, kids = [], []
        for _ in range(self.random.randrange(1, 4)):
            if self.chance(0.5):
                parts.append(self.one(WORDS[1:]))
            t = self.one([INT, FLOAT, STR] + [v.type for v in self.scope if not v.known
                                              and not holds(v.type, "fn")])
            x = self.expression(t, depth - 1, hint=False)
            x = self.named(t, x) if is_known(x) else x
            parts.append(x)
            kids.append(x)
        return Node("template", STR, kids, parts=parts)

    def sliced(self, t, depth):
        of = self.expression(t, depth - 1, hint=False)
        low = self.bound(depth) if self.chance(0.7) else None
        high = self.bound(depth) if self.chance(0.7) else None
        low_ = low or Node("literal", INT, value=0)
        high_ = high or Node("literal", INT, value=2**63 - 1)
        return Node("slice", t, [of, low_, high_], low=low, high=high)

    def bound(self, depth):
        if self.chance(0.7):
            return Node("literal", INT, value=self.random.randrange(-5, 6))
        return self.expression(INT, depth - 1)

    def for_duration(self, t, depth, hint):
        op = self.one(("+", "-", "*", "/", "*"))
        if op in "+-":
            return self.arithmetic(t, (t, t), op, depth)
        by = self.one((INT, FLOAT))
        kinds = (by, t) if op == "*" and self.chance(0.5) else (t, by)
        return self.arithmetic(t, kinds, op, depth)

    for_size = for_duration

    def for_enum(self, t, depth, hint):
        return None

    for_bytes = for_enum

    def for_json(self, t, depth, hint):
        if not hint:
            return None
        known = [v.type for v in self.scope if not v.known and self.may_stand(J, v.type)]
        t = self.one([INT, STR, BOOL, list_of(INT), map_of(STR)] + known[-4:])
        return None if t is JSON else Node("as", JSON, [self.expression(t, depth - 1, False)],
                                           to="json")

    def for_list(self, t, depth, hint):
        return self.weighted([
            (3, lambda: self.list_literal(t, depth, hint)),
            (3, lambda: self.comprehension(t, depth, hint)),
            (1.5, lambda: self.sliced(t, depth)),
            (1, lambda: Node("binary", t, [self.expression(t, depth - 1, False),
                                           self.expression(t, depth - 1, False)], op="+"))])()

    def list_literal(self, t, depth, hint):
        n = self.random.randrange(0 if hint else 1, 4)
        return Node("list", t, [self.expression(t.of, depth - 1, hint) for _ in range(n)])

    def iterated(self):
        found = [v.type for v in self.scope if v.type.kind in ("list", "map", "str", "json")
                 and not v.known]
        return self.one(found) if found and self.chance(0.8) else self.one(
            (list_of(INT), list_of(STR), STR))

    def walkable(self, depth):
        """What a loop goes through: a stream too."""
        if self.streams and self.chance(0.2):
            return self.streamed(self.one(self.streams), depth)
        return self.expression(self.iterated(), depth, hint=False)

    def streamed(self, f, depth):
        """A call of a function that gives a stream, of type f.result."""
        kids = [self.expression(t, depth - 1) for _, t in f.params]
        if f.source:
            before = self.streams[:self.streams.index(f)]
            fitting = [s for s in before if s.result is f.source[1]]
            kids.insert(0, self.streamed(self.one(fitting), depth - 1))
        return Node("streamed", f.result, kids, name=f.name, names=[None] * len(kids),
                    function=f)

    def walked(self, x, counted):
        """Names for what a loop over it takes, and a second if it is counted."""
        over = list_of(x.type) if x.kind in ("streamed", "source") else x.type
        first = STR if over.kind in ("map", "str") else JSON if over is JSON else over.of
        second = over.of if over.kind == "map" else JSON if over is JSON else INT
        if over is JSON and counted:
            first = STR
        return [Var(self.fresh("i"), t) for t in [first, second][:1 + counted]]

    def comprehension(self, t, depth, hint):
        kids = [self.walkable(depth - 2)]
        mark = len(self.scope)
        self.scope += self.walked(kids[0], self.chance(0.3))
        names = [v.name for v in self.scope[mark:]]
        test = self.condition(depth - 2) if self.chance(0.4) else None
        value = self.expression(t.of, depth - 2, hint)
        del self.scope[mark:]
        node = Node("each", t, kids, names=names, test=test, value=value)
        node.waits |= value.waits or bool(test) and test.waits
        return node

    def for_map(self, t, depth, hint):
        pairs, used = [], set()  # keys that are written out since the last spread
        for _ in range(self.random.randrange(0 if hint else 1, 4)):
            if self.chance(0.2):
                pairs.append((None, self.leaf(t, hint=False)))
                used = set()
                continue
            key = Node("literal", STR, value=self.one([k for k in KEYS if k not in used]))
            used.add(key.value)
            if self.chance(0.2):
                name = self.leaf(STR)
                key = Node("template", STR, [name], parts=[self.named(STR, name)
                                                           if is_known(name) else name])
            pairs.append((key, self.expression(t.of, depth - 1, hint)))
        if not hint and pairs and all(key is None for key, _ in pairs):
            return pairs[0][1]
        return Node("map", t, [x for _, x in pairs], pairs=pairs)

    def for_tuple(self, t, depth, hint):
        return Node("tuple", t, [self.expression(p, depth - 1, hint) for p in t.parts])

    def for_record(self, t, depth, hint):
        if t.name and not hint:
            return None
        spread = self.variable(t) if self.chance(0.4) else None
        names, kids = [], [spread] if spread else []
        for name, p in t.parts:
            if (spread or hint and name in t.defaults) and self.chance(0.5):
                continue
            names.append(name)
            kids.append(self.expression(p, depth - 1, hint))
        tail = list(zip(names, kids[len(kids) - len(names):]))
        if hint:
            self.random.shuffle(tail)
        kids[len(kids) - len(names):] = [k for _, k in tail]
        return Node("record", t, kids, names=[n for n, _ in tail], spread=spread)

    def for_optional(self, t, depth, hint):
        if not hint:
            return None
        return Node("as", t, [self.expression(t.of, depth - 1)], to="optional")

    def for_union(self, t, depth, hint):
        at = self.random.randrange(len(t.parts))
        name, fields = t.parts[at]
        if not fields.parts:
            return Node("bare case", t, name=name, at=at)
        names, kids = [], []
        positional = self.random.randrange(3)
        for i, (field, p) in enumerate(fields.parts):
            if field in fields.defaults and self.chance(0.5):
                positional = 0
                continue
            kids.append(self.expression(p, depth - 1))
            names.append(field if i >= positional else None)
        if not names and not fields.defaults:
            return None
        return Node("case", t, kids, name=name, at=at, names=names, fields=fields)


class Alias:
    """A declared type that is another with constraints: it stands in signatures."""
    kind = "alias"

    def __init__(self, name, of, limits):
        self.name, self.of, self.limits = name, of, limits


def is_known(n):
    """Whether it is put together from literals only, so that it is computed when
    compiled."""
    if n.kind in ("literal", "bare case"):
        return True
    if n.kind in ("name", "each", "match", "call", "state", "start"):
        return False
    return all(map(is_known, n.kids))
