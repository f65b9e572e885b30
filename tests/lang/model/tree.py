"""What programs of the model are made of, and how they are written.

An expression is a Node: its kind, its type, its parts `kids`, and what else its
kind needs. A statement is one too, without a type. MARK stands before what
mistakes.py has spoilt.
"""
from . import types, values

MARK = "\x01"

# How tightly an expression binds, as the grammar has it.
(ANY, OR, AND, NOT, COMPARE, ELSE, PIPE, BOTH, SUM, BY, PRODUCT, UNARY, WITH, POSTFIX,
 PRIMARY) = range(15)
LEVELS = {"or": OR, "and": AND, "??": ELSE, "+": SUM, "-": SUM,
          "*": PRODUCT, "/": PRODUCT, "div": PRODUCT, "%": PRODUCT}
LEVELS.update({op: COMPARE for op in ("==", "!=", "<", "<=", ">", ">=", "in", "not in")})


class Node:
    def __init__(self, kind, type=None, kids=(), **more):
        self.kind, self.type, self.kids = kind, type, list(kids)
        self.waits = any(k.waits for k in self.kids)  # a call may be in it
        self.mark = False
        self.as_completed = False  # of a loop
        self.__dict__.update(more)


class Function:
    """`body` is a list of statements, or a Node that it gives; `word` is fn,
    deployment or graph."""
    word = "fn"
    own = False  # belongs to a replica
    source = None  # of one that reads a stream: its name, and the type of the pieces
    limit = None  # of a deployment: calls at a time
    sleeps = changes = ordered = False  # whether the order of its calls can be seen

    def __init__(self, name, params, result, body, defaults=None, written=None, waits=False):
        self.name, self.params, self.result = name, params, result  # params: (name, type)
        self.body, self.waits = body, waits
        self.written = written or {}  # parameter -> the alias that stands for its type
        self.defaults = defaults or {}  # parameter -> value
        self.captured = []  # names around it that it reads
        self.mark = False


class Class:
    """A class deployment: `fields` (name, type, how it is written), `lets` (name,
    type, value), `state` (name, type, first value), methods."""

    def __init__(self, name, limit):
        self.name, self.limit = name, limit
        self.fields, self.lets, self.state, self.methods = [], [], [], []
        self.more = []  # lines that a mistake adds


class Binding:
    """`given`: ("value" or "handle", field, node) for each field of its class."""

    def __init__(self, app, name, of, given):
        self.app, self.name, self.of, self.given = app, name, of, given
        self.key = f"{app}.{name}"


# ---- expressions ----

def written(n):
    """How tightly it binds, and its text."""
    level, s = WRITE[n.kind](n)
    return level, MARK + s if n.mark else s


def text(n, level=ANY):
    own, s = written(n)
    return f"({s})" if own < level else s


def _comma(nodes):
    return ", ".join(map(text, nodes))


def _literal(n):
    s = values.literal(n.type, n.value)
    return (UNARY if s[0] == "-" else PRIMARY), s


def _template(n):
    out = []
    for part in n.parts:
        out.append(values.quote(part)[1:-1] if isinstance(part, str) else "{" + text(part) + "}")
    return PRIMARY, '"' + "".join(out) + '"'


def _tuple(n):
    return PRIMARY, f"({_comma(n.kids)}{',' if len(n.kids) == 1 else ''})"


def _record(n):
    given = [f"...{text(n.spread)}"] if n.spread else []
    given += [f"{name}: {text(k)}" for name, k in zip(n.names, n.kids[len(given):])]
    return PRIMARY, "{ " + ", ".join(given) + " }"


def _map(n):
    given = [f"...{text(x)}" if key is None else f"{text(key)}: {text(x)}"
             for key, x in n.pairs]
    return PRIMARY, "{" + ", ".join(given) + "}"


def _call(n):
    given = [f"{name}: {text(k)}" if name else text(k) for name, k in zip(n.names, n.kids)]
    called = f"{n.name}({', '.join(given)})"
    if not getattr(n, "options", None):
        return POSTFIX, called
    options = [f"{name}: {text(x)}" for name, x in n.options.items()]
    return WITH, f"{called} with {{ {', '.join(options)} }}"


def _binary(n):
    level = LEVELS[n.op]
    left, right = n.kids
    return level, (f"{text(left, level + (level == COMPARE))} {n.op} "
                   f"{text(right, level + 1)}")


def _slice(n):
    of, low, high = n.kids
    low, high = ("" if k is None else text(k) for k in (n.low, n.high))
    return POSTFIX, f"{text(of, POSTFIX)}[{low}:{high}]"


def pattern(n):
    if n.kind == "case":
        return f"{n.name}({n.bind})" if n.bind else n.name
    if n.kind == "kind":
        return f"{n.word}({n.bind})" if n.bind else n.word
    if n.kind == "rest":
        return "_"
    return values.literal(n.type, n.value).strip("()")


def _match(n):
    arms = [(MARK if p.mark else "") + f"{pattern(p)} -> {text(k)}"
            for p, k in zip(n.patterns, n.kids[1:])]
    return ANY, f"match {text(n.kids[0], OR)} {{ {', '.join(arms)} }}"


def _params(n):
    return ", ".join(f"{name}: {types.text(t)}" for name, t in n.function.params)


def _each(n):
    test = f" if {text(n.test, OR)}" if n.test else ""
    return PRIMARY, (f"[{text(n.value)} for {', '.join(n.names)} "
                     f"in {text(n.kids[0], OR)}{test}]")


WRITE = {
    "literal": _literal,
    "raw": lambda n: (PRIMARY, n.text),  # what a mistake made of it
    "name": lambda n: (PRIMARY, n.name),
    "template": _template,
    "list": lambda n: (PRIMARY, f"[{_comma(n.kids)}]"),
    "tuple": _tuple,
    "record": _record,
    "map": _map,
    "field": lambda n: (POSTFIX, f"{text(n.kids[0], POSTFIX)}.{n.name}"),
    "item": lambda n: (POSTFIX, f"{text(n.kids[0], POSTFIX)}.{n.at}"),
    "index": lambda n: (POSTFIX, f"{text(n.kids[0], POSTFIX)}[{text(n.kids[1])}]"),
    "slice": _slice,
    "get": lambda n: (POSTFIX, f"{text(n.kids[0], POSTFIX)}.get({text(n.kids[1])})"),
    "call": _call,       # of a helper
    "streamed": _call,   # of what gives a stream
    "source": lambda n: (PRIMARY, n.name),  # the stream that a function is given
    "operator": _call,
    "case": _call,       # of a union
    "start": _call,      # of a deployment
    "fail": lambda n: (POSTFIX, f"fail({_comma(n.kids)})"),
    "binary": _binary,
    "negative": lambda n: (UNARY, f"-{text(n.kids[0], UNARY)}"),
    "not": lambda n: (NOT, f"not {text(n.kids[0], NOT)}"),
    "none?": lambda n: (COMPARE, f"{text(n.kids[0], ELSE)} {n.op} none"),
    "if": lambda n: (ANY, f"if {text(n.kids[0])} then {text(n.kids[1])} "
                          f"else {text(n.kids[2])}"),
    "match": _match,
    "each": _each,
    "by": lambda n: (POSTFIX, f"{n.name}({text(n.kids[0])}, "
                              f"fn({n.names[0]}) = {text(n.value)})"),
    "bare case": lambda n: (PRIMARY, n.name),
    "as": lambda n: written(n.kids[0]),  # a conversion is not
    "lambda": lambda n: (ANY, f"fn({_params(n)}) = {text(n.function.body)}"),
    "function": lambda n: (PRIMARY, n.name),
    "handle": lambda n: (PRIMARY, n.name),
    "called": lambda n: (POSTFIX, f"{text(n.kids[0], POSTFIX)}({_comma(n.kids[1:])})"),
    "sleep": lambda n: (POSTFIX, f"sleep({text(n.kids[0])})"),
}


# ---- statements ----

def lines(body, indent):
    out = []
    for s in body:
        for line in STATEMENTS[s.kind](s):
            out.append(line if line[:1] == " " else line)
    return [indent + line for line in out]


def _block(head, body, tail="}"):
    return [head + " {", *lines(body, "  "), tail]


def _if(s):
    out = _block(f"if {text(s.kids[0])}", s.body)
    if s.otherwise:
        out[-1:] = _block("} else", s.otherwise)
    return out


def _match_statement(s):
    out = [f"match {text(s.kids[0], OR)} {{"]
    for p, body in zip(s.patterns, s.bodies):
        out += lines_of(_block((MARK if p.mark else "") + pattern(p), body))
    return out + ["}"]


def lines_of(block):
    return ["  " + line for line in block]


def _let(s):
    wanted = f": {types.text(s.wanted)}" if s.wanted else ""
    return [f"{s.kind} {s.name}{wanted} = {text(s.kids[0])}"]


def _for(s):
    over = text(s.kids[0])
    return _block(f"for {', '.join(s.names)} in "
                  f"{f'as_completed({over})' if s.as_completed else over}", s.body)


STATEMENTS = {
    "let": _let,
    "var": _let,
    "assign": lambda s: [f"{s.name} {s.op}= {text(s.kids[0])}"],
    "put": lambda s: [f"{s.name}[{text(s.kids[0])}] {s.op}= {text(s.kids[1])}"],
    "if": _if,
    "while": lambda s: _block(f"while {text(s.kids[0])}", s.body),
    "for": _for,
    "match": _match_statement,
    "try": lambda s: _block("try", s.body)[:-1] + _block(f"}} else {s.name}", s.otherwise),
    "return": lambda s: [" ".join(["return", *map(text, s.kids)])],
    "yield": lambda s: [f"yield {text(s.kids[0])}"],
    "effect": lambda s: [text(s.kids[0])],
    "spawn": lambda s: [f"spawn {text(s.kids[0])}"],
    "break": lambda s: ["break"],
    "continue": lambda s: ["continue"],
    "fn": lambda s: function_lines(s.function),
    "raw": lambda s: [MARK + s.text],
}


# ---- declarations ----

def signature(f, stream=""):
    params = [f"{f.source[0]}: stream {types.text(f.source[1])}"] if f.source else []
    for name, t in f.params:
        initial = f" = {values.literal(t, f.defaults[name])}" if name in f.defaults else ""
        params.append(f"{name}: {types.text(f.written.get(name, t))}{initial}")
    return f"{f.name}({', '.join(params)}) -> {stream}{types.text(f.result)}"


def function_lines(f, word="fn", stream=""):
    head = f"{word} {signature(f, stream)}"
    if isinstance(f.body, Node):
        return [f"{head} = {text(f.body)}"]
    out = _block(head, f.body, (MARK if f.mark else "") + "}")
    if word == "deployment":
        out.insert(1, f"  max_ongoing_requests: {f.limit or 100000}")
    return out


def class_lines(k):
    fields = ", ".join(f"{name}: {how}" for name, _, how in k.fields)
    out = [f"deployment {k.name}({fields}) {{",
           f"  max_ongoing_requests: {k.limit or 100000}"]
    out += [f"  let {name} = {text(x)}" for name, _, x in k.lets]
    out += [f"  state {name}: {types.text(t)} = {values.literal(t, v)}"
            for name, t, v in k.state]
    for f in k.methods:
        out += ["  " + line for line in function_lines(f)]
    return out + ["  " + line for line in k.more] + ["}"]


def app_lines(name, bindings, graphs, more=()):
    out = [f"app {name} at \"/{name}\" {{"]
    out += [f"  bind {b.name} = {b.of.name}({_comma(x for _, _, x in b.given)})" for b in bindings]
    for g in graphs:
        out += ["  " + line for line in function_lines(g, "graph")]
    return out + ["  " + line for line in more] + ["}"]


def type_line(t):
    return f"type {t.name} = {types.definition(t)}"


# ---- walking ----

def parts_of(n):
    out = list(n.kids) + list(getattr(n, "options", {}).values())
    if n.kind in ("each", "by"):
        out.append(n.value)
        if n.test:
            out.append(n.test)
    return out


def names_of(n):
    """The names that an expression reads from outside of it."""
    if n.kind == "name":
        return {n.name}
    if n.kind == "lambda":
        return set(n.function.captured)
    if n.kind == "match":
        out = names_of(n.kids[0])
        for p, k in zip(n.patterns, n.kids[1:]):
            out |= names_of(k) - {getattr(p, "bind", None)}
        return out
    if n.kind in ("each", "by"):
        out = names_of(n.value) | (names_of(n.test) if n.test else set())
        return names_of(n.kids[0]) | out - set(n.names)
    out = set(n.function.captured) if n.kind in ("call", "function") else set()
    kids = n.kids + list(getattr(n, "options", {}).values())
    return out.union(*map(names_of, kids), *(
        names_of(k) for k, _ in getattr(n, "pairs", ()) if k))


def reads_of(n, bound=frozenset()):
    """The same as expressions: a part of a name is read alone."""
    x = n
    while x.kind in ("field", "item"):
        x = x.kids[0]
    if x.kind == "name":
        return [] if x.name in bound else [n]
    if n.kind == "lambda":
        return [Node("name", None, name=name) for name in n.function.captured
                if name not in bound]
    if n.kind in ("each", "by"):
        bound = bound | set(n.names)
    if n.kind == "match":
        bound = bound | {getattr(p, "bind", None) for p in n.patterns}
    out = [x for k in parts_of(n) for x in reads_of(k, bound)]
    return out + [x for k, _ in getattr(n, "pairs", ()) if k for x in reads_of(k, bound)]


def read_in(body):
    """All names that statements read."""
    if isinstance(body, Node):
        return names_of(body)
    out = set()
    for s in body:
        out = out.union(*map(names_of, s.kids))
        if s.kind == "fn":
            out |= read_in(s.function.body) | set(s.function.captured)
        for inner in (getattr(s, "body", None), getattr(s, "otherwise", None),
                      *getattr(s, "bodies", ())):
            if inner:
                out |= read_in(inner)
    return out


def any_node(n, asked):
    return asked(n) or any(any_node(k, asked) for k in parts_of(n))


def statements(body, asked, of_statement=lambda s: False):
    """Whether this is so of an expression or statement in a body."""
    if isinstance(body, Node):
        return any_node(body, asked)
    for s in body:
        if of_statement(s) or any(any_node(k, asked) for k in s.kids):
            return True
        inner = [getattr(s, "body", None), getattr(s, "otherwise", None),
                 *getattr(s, "bodies", ())]
        if any(statements(b, asked, of_statement) for b in inner if b):
            return True
        if s.kind == "fn" and statements(s.function.body, asked, of_statement):
            return True
    return False
