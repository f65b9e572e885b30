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
    known = {**MISTAKES, **WHOLE} if hasattr(program, "more") else MISTAKES
    for name in spoiler.random.sample(sorted(known), len(known)):
        if known[name](spoiler):
            lines = program.declarations()
            at = [i for i, line in enumerate(lines, 1) if MARK in line]
            assert len(at) == 1, (name, at)
            return name, "\n".join(lines).replace(MARK, "") + "\n", at[0]
    return None


def wrong_for(t):
    """What is written never fits the type."""
    while t.kind == "optional":
        t = t.of
    if t.kind in ("json", "none", "fn"):
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
        if n.kind in ("call", "start"):
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
        if n.kind == "called":
            return [None, *n.kids[0].type.parts]
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
    n = s.pick(("call", "operator", "case", "start"))
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
    n = s.pick(("call", "start"), dropped)
    if not n:
        return False
    i = dropped(n)[-1]
    if not n.names[i] and i + 1 < len(n.names):  # those behind it would move
        n.names = [name or n.function.params[k][0] for k, name in enumerate(n.names)]
    del n.names[i], n.kids[i]
    n.mark = True
    return True


def extra_argument(s):
    n = s.pick(("call", "start"), lambda n: not any(n.names) and
               len(n.kids) == len(n.function.params))
    if not n:
        return False
    n.names.append(None)
    n.kids.append(Node("raw", INT, text="5"))
    n.mark = True
    return True


def unknown_argument(s):
    n = s.pick(("call", "start"), lambda n: n.kids)
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
    n = s.pick(("call", "operator", "start"), lambda n: n.kids)
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


# ---- mistakes of whole programs ----

def in_body(s, text):
    return into(s, text, lambda body, f, looped: f.word != "graph")


def any_text(s, *texts):
    return MARK + s.random.choice(texts)


def too_large(s):
    return in_body(s, s.random.choice((
        "let q = 99999999999999999999", "let q: int = 9223372036854775808",
        "let q = 9223372036854775807 + 1", "let q = 2 * (9223372036854775807)",
        "let q = 1 div 0", "let q = 7 % 0", "let q = 99999999999999h",
        "let q: int = 1e400", "let q = 10000000000GiB")))


def wrong_function(s):
    return in_body(s, s.random.choice((
        "let q: fn(int) -> int = fn(a, b) = a", "let q: fn(int) -> str = fn(a) = a + 1",
        "let q = (fn(a: int) = a)(1, 2)", "let q = (fn(a: int) = a)(\"x\")",
        "let q = (fn(a: int) = a) == (fn(a: int) = a)", "let q = \"{fn(a: int) = a}\"",
        "let q = fn(a) = a", "let q: fn(int) -> int = 5", "let q: fn(Missing) -> int = fn(a) = 5")))


def wrong_statement(s):
    return in_body(s, s.random.choice((
        "spawn 5", "spawn len(\"x\")", "try { log.info(\"x\") }", "fail(\"x\", 400)", "fail(700, \"x\")",
        "let q = [x for x in 5]", "for q, r, t in [1] { log.info(\"x\") }", "while 5 { break }",
        "let q = if true then 5 else \"x\"", "let q: int? = \"x\"", "5 += 1", "let q = none + 1",
        "let q = [1, \"x\"]", "let q = {\"a\": 1, \"b\": \"x\"}",
        "let q = { a: 1, a: 2 }", "sleep(5)", "let q = [1][\"x\"]", "let q = not 5")))


def wrong_in_graph(s):
    graphs = [f for f in s.program.functions if f.word == "graph" and isinstance(f.body, list)]
    if not graphs:
        return False
    s.random.choice(graphs).body.insert(0, Node("raw", None, text=s.random.choice((
        "sleep(1s)", "while true { break }", "log.info(\"x\")",
        "for q in [1] { log.info(\"x\") }", "let q = clock()"))))
    return True


def wrong_setting(s):
    classes = s.program.generator.classes
    if not classes:
        return False
    s.random.choice(classes).more.append(any_text(
        s, "max_ongoing_request: 5", 'num_replicas: "two"', "num_replicas: -1",
        "max_ongoing_requests: 7", "num_replicas = 2", "request_timeout: 5",
        "health: { perod: 1s }", "max_queued_requests: 1.5", "overload_status: 200",
        "autoscaling: 5"))
    return True


def wrong_member(s):
    classes = s.program.generator.classes
    if not classes:
        return False
    s.random.choice(classes).more.append(any_text(
        s, "state q: int", 'state q: int = "x"', "state q: Missing = 5", "fn q(a: int, a: int) -> int = 5",
        "fn q(a: Missing) -> int = 5", 'fn q() -> int = "x"', "let q: int = missing", "graph q = len",
        "route GET \"/\" -> 5"))
    return True


def wrong_in_app(s):
    app = s.random.choice(sorted(s.program.more))
    s.program.more[app].append(any_text(
        s, "bind q = Missing(5)", "graph q(x: int) -> str = x + 1",
        'route GET "/q/{id}" (x: int) -> x', 'route GET "/q" (x: int from missing) -> x',
        'route FETCH "/q" -> 5', 'route GET "q" (x: int) -> x', "graph q = missing | len",
        "graph q = len | upper", "state q: int = 5", 'route GET "/q" (x: fn(int) -> int) -> 5',
        'route GET "/q" (x: int) with { requet_timeout: 1s } -> x', "graph q = loop(len, max_iter: 3)",
        "fn q(x: int) -> int", 'route GET "/q" (x: int) -> missing(x)', "graph q = len & len"))
    return True


def wrong_binding(s):
    found = [b for b in s.program.generator.bindings if b.of.fields]
    if not found:
        return False
    b = s.random.choice(found)
    name = b.of.name
    texts = [f"bind q = {name}()", f"bind q = {name}({', '.join(['missing'] * len(b.of.fields))})",
             f"bind q = {name}({', '.join(['none'] * (len(b.of.fields) + 1))})",
             f"bind {b.name} = {name}({', '.join(tree.text(x) for _, _, x in b.given)})"]
    s.program.more[b.app].append(any_text(s, *texts))
    return True


def wrong_below(s):
    known = [f.name for f in s.program.functions if f.word == "fn" and not f.own]
    texts = ["type Q = int(min_length: 3)", "type Q = int(gee: 3)", 'type Q = str(pattern: "(")',
             "type Q = { a: int, a: str }", "type Q = { a: Missing }", "type Q = int(ge: \"x\")",
             'type Q = { a: int = "x" }', "type Q = Q?", "use missing", "deployment q(x: int) -> Missing = x",
             "fn q(x: int) -> int { log.info(\"x\") }", "app q { missing: 5 }", "type Q = A(x: int) | A(y: int)",
             "override missing.q { num_replicas: 2 }", "deployment q(x: int) -> int { num_replica: 2 }",
             "fn q(x) -> int = x", "deployment q(x: int) -> int = y", "test \"q\" { assert 5 }",
             'type Q = "a" | "a"', "fn q() -> int = 1 +", "fn q( -> int = 1"]
    if known:
        texts.append(f"fn {s.random.choice(known)}() -> int = 5")
    s.program.more_below.append(any_text(s, *texts))
    return True


def over_a_limit(s):
    s.program.more_below += ["type Q = int(le: 5)",
                             any_text(s, "fn q() -> Q = 7", "fn q(x: Q = 9) -> int = x")]
    return True


WHOLE = {f.__name__.replace("_", " "): f for f in (
    too_large, wrong_function, wrong_statement, wrong_in_graph, wrong_setting, wrong_member,
    wrong_in_app, wrong_binding, wrong_below, over_a_limit)}
