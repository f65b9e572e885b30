"""One mistake in a program that was right.

A mistake changes one place of the tree; what is written there has a mark, from
which the line is known that a message must point at.
"""
import random

from . import tree
from .tree import MARK, Node
from .types import BOOL, FLOAT, INT, STR


def spoil(program, seed):
    """(what was done, the text, the line), or None where nothing fits."""
    spoiler = Spoiler(program, random.Random(seed))
    for name in spoiler.random.sample(sorted(MISTAKES), len(MISTAKES)):
        if MISTAKES[name](spoiler):
            lines = program.declarations()
            at = [i for i, line in enumerate(lines, 1) if MARK in line]
            assert len(at) == 1, (name, at)
            return name, "\n".join(lines).replace(MARK, "") + "\n", at[0]
    return None


def wrong_for(t):
    """What is written never fits the type."""
    while t.kind == "optional":
        t = t.of
    if t.kind in ("json", "none"):
        return None
    return "5" if t.kind in ("str", "enum", "bool", "list", "union", "record", "tuple",
                             "map", "bytes") else '"wrong"'


class Spoiler:
    def __init__(self, program, dice):
        self.random, self.program = dice, program
        self.nodes = []  # (node, the type that its place wants or None)
        self.blocks = []  # (list of statements, function, inside a loop)
        for f in program.functions:
            self.function(f)

    # ---- all places ----

    def function(self, f):
        if isinstance(f.body, Node):
            self.expression(f.body, f.result)
        else:
            self.block(f.body, f, False)

    def block(self, body, f, looped):
        self.blocks.append((body, f, looped))
        for s in body:
            self.statement(s, f, looped)

    def statement(self, s, f, looped):
        wants = {"return": f.result, "if": BOOL, "while": BOOL}
        for k in s.kids:
            want = wants.get(s.kind)
            if s.kind in ("let", "var"):
                want = s.wanted
            if s.kind == "assign" and not s.op:
                want = s.of
            self.expression(k, want)
        self.nodes.append((s, None))
        looped = looped or s.kind in ("for", "while")
        for body in (getattr(s, "body", None), getattr(s, "otherwise", None),
                     *getattr(s, "bodies", ())):
            if body:
                self.block(body, f, looped)
        if s.kind == "fn":
            self.function(s.function)

    def expression(self, n, want):
        self.nodes.append((n, want))
        for k, inner in zip(n.kids, self.wants(n)):
            self.expression(k, inner)
        if n.kind == "each":
            self.expression(n.value, None)
            if n.test:
                self.expression(n.test, BOOL)

    def wants(self, n):
        none = [None] * len(n.kids)
        if n.kind == "call":
            types = dict(n.function.params)
            order = [name for name, _ in n.function.params]
            return [types[name or order[i]] for i, name in enumerate(n.names)]
        if n.kind == "case":
            types = dict(n.fields.parts)
            order = [name for name, _ in n.fields.parts]
            return [types[name or order[i]] for i, name in enumerate(n.names)]
        if n.kind == "record" and n.type.name:
            types = dict(n.type.parts)
            head = [None] if n.spread else []
            return head + [types[name] for name in n.names]
        if n.kind == "if":
            return [BOOL, None, None]
        if n.kind in ("not",) or (n.kind == "binary" and n.op in ("and", "or")):
            return [BOOL] * len(n.kids)
        if n.kind == "index":
            return [None, STR if n.kids[0].type.kind == "map" else INT]
        return none

    # ---- dice ----

    def pick(self, kinds, fits=lambda n: True):
        found = [n for n, _ in self.nodes if n.kind in kinds and fits(n)]
        return self.random.choice(found) if found else None


def written(n, text):
    n.__dict__.update(kind="raw", text=text, kids=[], mark=True)
    return True


# ---- mistakes ----

def wrong_type(s):
    found = [(n, t) for n, t in s.nodes if t is not None and wrong_for(t)]
    if not found:
        return False
    n, t = s.random.choice(found)
    return written(n, wrong_for(t))


def wrong_operand(s):
    n = s.pick(("binary",), lambda n: n.op in "+-*/" and
               {k.type for k in n.kids} <= {INT, FLOAT, STR})
    if not n:
        return False
    k = s.random.choice(n.kids)
    return written(k, "5" if k.type is STR else '"wrong"')


def wrong_comparison(s):
    n = s.pick(("binary",), lambda n: n.op in ("==", "!=", "<", "<=", ">", ">=") and
               n.kids[0].type in (INT, FLOAT, STR, BOOL))
    return n and written(n.kids[1], "5" if n.kids[0].type in (STR, BOOL) else '"wrong"')


def unknown_name(s):
    n = s.pick(("name",))
    return n and written(n, n.name + "_missing")


def unknown_function(s):
    n = s.pick(("call", "operator", "case"))
    if not n:
        return False
    n.name, n.mark = n.name + "_missing", True
    return True


def unknown_field(s):
    n = s.pick(("field",))
    if not n:
        return False
    n.name, n.mark = n.name + "_missing", True
    return True


def unknown_item(s):
    n = s.pick(("item",))
    if not n:
        return False
    n.at, n.mark = 17, True
    return True


def missing_field(s):
    n = s.pick(("record",), lambda n: n.type.name and not n.spread and
               any(name not in n.type.defaults for name in n.names))
    if not n:
        return False
    i = next(i for i, name in enumerate(n.names) if name not in n.type.defaults)
    del n.names[i], n.kids[i]
    n.mark = True
    return True


def extra_field(s):
    n = s.pick(("record",), lambda n: n.type.name)
    if not n:
        return False
    n.names.append("missing_field")
    n.kids.append(Node("raw", INT, text="5"))
    n.mark = True
    return True


def missing_argument(s):
    def dropped(n):
        return [i for i, name in enumerate(n.names)
                if (name or n.function.params[i][0]) not in n.function.defaults]
    n = s.pick(("call",), dropped)
    if not n:
        return False
    i = dropped(n)[-1]
    if not n.names[i] and i + 1 < len(n.names):  # those behind it would move
        n.names = [name or n.function.params[k][0] for k, name in enumerate(n.names)]
    del n.names[i], n.kids[i]
    n.mark = True
    return True


def extra_argument(s):
    n = s.pick(("call",), lambda n: not any(n.names) and
               len(n.kids) == len(n.function.params))
    if not n:
        return False
    n.names.append(None)
    n.kids.append(Node("raw", INT, text="5"))
    n.mark = True
    return True


def unknown_argument(s):
    n = s.pick(("call",), lambda n: n.kids)
    if not n:
        return False
    n.names[-1], n.mark = "missing_argument", True
    return True


def missing_arm(s):
    n = s.pick(("match",), lambda n: len(n.patterns) > 1 and n.patterns[-1].kind)
    if not n:
        return False
    n.patterns.pop()
    (n.bodies if hasattr(n, "bodies") else n.kids).pop()
    n.kids[0].mark = True
    return True


def unknown_case(s):
    n = s.pick(("match",), lambda n: n.patterns[0].kind == "case")
    if not n:
        return False
    n.patterns[0].name, n.patterns[0].mark = "MissingCase", True
    return True


def into(s, text, fits=lambda body, f, looped: True):
    found = [b for b in s.blocks if fits(*b)]
    if not found:
        return None
    body, _, _ = s.random.choice(found)
    body.insert(0, Node("raw", None, text=text))
    return True


def assigned(s):
    found = [(body, i) for body, _, _ in s.blocks for i, n in enumerate(body)
             if n.kind == "let"]
    if not found:
        return False
    body, i = s.random.choice(found)
    name = body[i].name
    body.insert(i + 1, Node("raw", None, text=f"{name} = {name}"))
    return True


def named_twice(s):
    found = [(body, i) for body, _, _ in s.blocks for i, n in enumerate(body)
             if n.kind in ("let", "var")]
    if not found:
        return False
    body, i = s.random.choice(found)
    body.insert(i + 1, Node("raw", None, text=f"let {body[i].name} = 5"))
    return True


def unused(s):
    return into(s, "1 + 1")


def outside_loop(s):
    return into(s, "break", lambda body, f, looped: not looped)


def no_iteration(s):
    return into(s, "for q in 5 { log.info(\"x\") }")


def unknown_type(s):
    return into(s, "let q: Missing = 5")


def not_none(s):
    return into(s, "if 5 == none { log.info(\"x\") }")


def not_callable(s):
    return into(s, "let q = (5)(3)")


def missing_return(s):
    found = [f for f in s.program.functions if isinstance(f.body, list)]
    if not found:
        return False
    f = s.random.choice(found)
    f.body.pop()
    f.mark = True
    return True


def unclosed_bracket(s):
    n = s.pick(("call", "operator"), lambda n: n.kids)
    if not n:
        return False
    text = tree.WRITE[n.kind](n)[1]
    return written(n, text[:-1])


def unclosed_string(s):
    n = s.pick(("literal",), lambda n: n.type is STR)
    if not n:
        return False
    return written(n, '"open')


def missing_value(s):
    n = s.pick(("let", "var"))
    if not n:
        return False
    n.kids[0].__dict__.update(kind="raw", text="", kids=[], mark=True)
    return True


def foreign(s):
    return into(s, s.random.choice(("const q = 5", "def q(): 5", "q := 5", "int q = 5",
                                    "let q = 5;", "return None", "x++")))


MISTAKES = {f.__name__.replace("_", " "): f for f in (
    wrong_type, wrong_operand, wrong_comparison, unknown_name, unknown_function,
    unknown_field, unknown_item, missing_field, extra_field, missing_argument,
    extra_argument, unknown_argument, missing_arm, unknown_case, assigned, named_twice,
    unused, outside_loop, no_iteration, unknown_type, not_none, not_callable,
    missing_return, unclosed_bracket, unclosed_string, missing_value, foreign)}
