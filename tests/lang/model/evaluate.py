"""The reference evaluator: what a body does, in order, and when.

A value that is not there yet is pending: a Future (a call under way), a Later (an
operation on pending values, which is put off until somebody needs it), or a
list, tuple or map with such in it. Time is that of DESIGN's "calls are futures".
"""
from . import operators
from .operators import LEAST, MOST, bounded, real, whole
from .types import FLOAT, INT
from .values import Failure, Unspecified, equal, float_text, less, shown, to_json
from .values import duration_text, size_text

MOST_STEPS = 20_000


class Future:
    def __init__(self, at, value=None, error=None):
        self.at, self.value, self.error = at, value, error


class Later:
    def __init__(self, compute):
        self.compute = compute


class Leave(Exception):
    """return, break or continue."""

    def __init__(self, how, value=None):
        self.how, self.value = how, value


def pending(v):
    if isinstance(v, (Future, Later)):
        return True
    if isinstance(v, dict):
        return any(map(pending, v.values()))
    return isinstance(v, (list, tuple)) and any(map(pending, v))


class Machine:
    def __init__(self, functions, now=0):
        self.functions, self.now = functions, now  # by name
        self.steps = 0
        self.tries = 0

    # ---- functions ----

    def call(self, function, args):
        """A helper: runs in the caller's order."""
        scope = dict(zip([n for n, _ in function.params] + function.captured, args))
        tries, self.tries = self.tries, 0
        try:
            if not isinstance(function.body, list):
                return self.value(function.body, scope)
            self.block(function.body, scope)
        except Leave as leave:
            return leave.value
        finally:
            self.tries = tries
        raise AssertionError("no return")

    def start(self, function, args):
        """A deployment: begins when its arguments are there, in its own time."""
        at, now = self.now, self.now
        try:
            for a in args:
                self.now = now
                self.need(a)
                at = max(at, self.now)
            self.now = at
            return Future(*self.apart(function, [self.settled(a) for a in args]))
        except Failure as e:
            return Future(self.now, error=e)
        finally:
            self.now = now

    def apart(self, function, args):
        args = [self.need(a) for a in args]
        value = self.call(function, args)
        return self.now, value

    # ---- waiting ----

    def settled(self, v):
        return self.settled(v.compute()) if isinstance(v, Later) else v

    def need(self, v):
        v = self.settled(v)
        if isinstance(v, Future):
            self.now = max(self.now, v.at)
            if v.error:
                raise v.error
            return self.need(v.value)
        if isinstance(v, dict):
            return {k: self.need(x) for k, x in v.items()} if pending(v) else v
        if isinstance(v, (list, tuple)) and pending(v):
            return type(v)(map(self.need, v))
        return v

    def value(self, node, scope):
        return self.need(self.look(node, scope))

    # What is not there yet is put off, unless there is an effect.
    def strict(self, args, compute, now=False):
        if now or not any(map(pending, args)):
            return compute(*map(self.need, args))
        return Later(lambda: compute(*map(self.need, args)))

    # ---- expressions ----

    def look(self, node, scope):
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Unspecified("long")
        return getattr(self, LOOK[node.kind])(node, scope)

    def looks(self, nodes, scope):
        return [self.look(k, scope) for k in nodes]

    def literal(self, n, scope):
        return n.value

    def name(self, n, scope):
        return scope[n.name]

    def template(self, n, scope):
        holes = [p for p in n.parts if not isinstance(p, str)]

        def compute(*given):
            given = iter(given)
            return bounded("".join(p if isinstance(p, str) else shown(p.type, next(given))
                                   for p in n.parts))
        return self.strict(self.looks(holes, scope), compute)

    def list(self, n, scope):
        return [self.settled(v) for v in self.looks(n.kids, scope)]

    def tuple(self, n, scope):
        return tuple(self.settled(v) for v in self.looks(n.kids, scope))

    def record(self, n, scope):
        given = self.looks(n.kids, scope)
        fields = {}
        if n.spread:
            whole_ = self.need(given.pop(0))
            fields = {name: v for (name, _), v in zip(n.spread.type.parts, whole_)}
        fields.update(zip(n.names, map(self.settled, given)))
        return tuple(fields[name] if name in fields else n.type.defaults[name]
                     for name, _ in n.type.parts)

    def map(self, n, scope):
        out = {}
        for key, x in n.pairs:
            if key is None:
                out.update(self.value(x, scope))
            else:
                key = self.value(key, scope)
                out[key] = self.settled(self.look(x, scope))
        return out

    # A part is there when the whole is, whatever it holds.
    def part(self, v, compute):
        v = self.settled(v) if not isinstance(v, Later) else v
        if isinstance(v, (Future, Later)):
            return Later(lambda: compute(self.need(v)))
        return compute(v)

    def field(self, n, scope):
        return self.part(self.look(n.kids[0], scope), lambda v: v[n.at])

    def index(self, n, scope):
        of, at = self.looks(n.kids, scope)
        get = {"list": operators.index_list, "map": operators.key_of,
               "str": operators.index_text, "enum": operators.index_text}[n.kids[0].type.kind]
        if pending(at) or isinstance(of, (Future, Later)):
            return Later(lambda: get(self.need(of), self.need(at)))
        return get(of, at)

    def slice(self, n, scope):
        return self.strict(self.looks(n.kids, scope), operators.slice_of)

    def get(self, n, scope):
        return self.strict(self.looks(n.kids, scope), lambda m, k: m.get(k))

    def helper(self, n, scope):
        function = n.function
        args = self.in_order(n, self.looks(n.kids, scope), function, scope)
        return self.strict(args, lambda *given: self.call(function, given), now=True)

    # Arguments as the parameters stand.
    def in_order(self, n, given, function, scope):
        out = [v for name, v in zip(n.names, given) if not name]
        named = {name: v for name, v in zip(n.names, given) if name}
        for name, _ in function.params[len(out):]:
            out.append(named[name] if name in named else function.defaults[name])
        return out + [scope[name] for name in function.captured]

    def deployment(self, n, scope):
        function = self.functions[n.name]
        args = [self.settled(v) for v in self.looks(n.kids, scope)]
        return self.start(function, self.in_order(n, args, function, scope))

    def operator(self, n, scope):
        given = [k.type for k in n.kids]
        return self.strict(self.looks(n.kids, scope),
                           lambda *args: operators.run(n.row, given, args))

    def case(self, n, scope):
        names = [name for name, _ in n.fields.parts]
        given = dict(zip((n.names[i] or names[i] for i in range(len(n.kids))),
                         self.looks(n.kids, scope)))
        args = [given[x] if x in given else n.fields.defaults[x] for x in names]
        return self.strict(args, lambda *parts: (n.at, parts))

    def bare_case(self, n, scope):
        return (n.at, ())

    def fail(self, n, scope):
        status, message = (self.value(k, scope) for k in n.kids)
        if not 400 <= status <= 599:
            raise Failure(f"fail with status {status}, which is no error's: {message}")
        raise Failure(message, status)

    def binary(self, n, scope):
        left, right = n.kids
        if n.op in ("and", "or"):
            x = self.value(left, scope)
            return self.value(right, scope) if x == (n.op == "and") else x
        if n.op == "??":
            x = self.settled(self.look(left, scope))
            x = self.need(x)
            return self.look(right, scope) if x is None else x
        compute = getattr(self, "of_" + left.type.kind, None)
        if n.op in ("==", "!=", "<", "<=", ">", ">="):
            return self.strict(self.looks(n.kids, scope),
                               lambda x, y: compared(n.op, left.type, x, y))
        if n.op in ("in", "not in"):
            return self.strict(self.looks(n.kids, scope),
                               lambda x, y: contained(right.type, x, y) == (n.op == "in"))
        return self.strict(self.looks(n.kids, scope),
                           lambda x, y: arithmetic(n.op, left.type, right.type, x, y))

    def negative(self, n, scope):
        def compute(x):
            if n.type is FLOAT:
                return -x
            return whole(-x, f"integer overflow in -({x})")
        return self.strict(self.looks(n.kids, scope), compute)

    def negation(self, n, scope):
        return self.strict(self.looks(n.kids, scope), lambda x: not x)

    def is_none(self, n, scope):
        return self.strict(self.looks(n.kids, scope),
                           lambda x: (x is None) == (n.op == "=="))

    def choice(self, n, scope):
        return self.settled(self.look(n.kids[1 if self.value(n.kids[0], scope) else 2], scope))

    def match(self, n, scope):
        v = self.value(n.kids[0], scope)
        for p, k in zip(n.patterns, n.kids[1:]):
            inner = taken(p, v, scope)
            if inner is not None:
                return self.settled(self.look(k, inner))
        raise AssertionError("no arm")

    # Elements run side by side where they may wait, else one after another.
    def each(self, n, scope):
        over = self.value(n.kids[0], scope)
        pairs = list(over.items() if isinstance(over, dict) else
                     ((x, i) for i, x in enumerate(over)))
        inner = [{**scope, **dict(zip(n.names, pair))} for pair in pairs]
        if not n.value.waits:
            return [self.value(n.value, s) for s in inner if self.taken(n, s)]
        if n.test and n.test.waits:
            raise Unspecified("a test that waits")
        return [self.beside(n.value, s) for s in [s for s in inner if self.taken(n, s)]]

    def taken(self, n, scope):
        return not n.test or self.value(n.test, scope)

    def beside(self, node, scope):
        now = self.now
        scope = {k: self.need(v) if node_reads(node, k) else v for k, v in scope.items()}
        begin, self.now = self.now, self.now
        try:
            value = self.value(node, scope)
            return Future(self.now, value)
        except Failure as e:
            return Future(self.now, error=e)
        finally:
            self.now = max(begin, now)

    def conversion(self, n, scope):
        v = self.look(n.kids[0], scope)
        if n.to == "float":
            return self.strict([v], float)
        if n.to == "json":
            return self.strict([v], lambda x: to_json(n.kids[0].type, x))
        return v

    # ---- statements ----

    def block(self, body, scope):
        names = set(scope)
        for s in body:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Unspecified("long")
            getattr(self, DO[s.kind])(s, scope)
        if self.tries:  # what leaves a try is waited for inside it
            for name in [n for n in scope if n not in names]:
                scope[name] = self.need(scope[name])

    # Names of a block end with it; variables from outside may have changed.
    def inside(self, body, scope, more=()):
        inner = {**scope, **dict(more)}
        try:
            self.block(body, inner)
        finally:
            for name in scope:
                scope[name] = inner[name]

    def do_let(self, s, scope):
        scope[s.name] = self.settled(self.look(s.kids[0], scope))

    def do_var(self, s, scope):
        scope[s.name] = self.value(s.kids[0], scope)

    def do_assign(self, s, scope):
        if not s.op:
            scope[s.name] = self.value(s.kids[0], scope)
            return
        before = scope[s.name]
        x = self.value(s.kids[0], scope)
        kind = s.of
        if kind is FLOAT and s.kids[0].type is INT:
            x = float(x)
        scope[s.name] = arithmetic(s.op, kind, s.kids[0].type if kind.kind in
                                   ("duration", "size") else kind, before, x)

    def do_put(self, s, scope):
        key = self.value(s.kids[0], scope)
        before = scope[s.name]
        if s.op:  # read before the other side is looked at, as in Python
            get = operators.index_list if s.of.kind == "list" else operators.key_of
            old = get(before, key)
        item = self.value(s.kids[1], scope)
        if s.op:
            item = arithmetic(s.op, s.of.of, s.of.of, old, item)
        if s.of.kind == "list":
            scope[s.name] = operators.put_in_list(before, key, item)
        else:
            scope[s.name] = {**before, key: item}

    def do_if(self, s, scope):
        if self.value(s.kids[0], scope):
            self.inside(s.body, scope)
        elif s.otherwise:
            self.inside(s.otherwise, scope)

    def do_while(self, s, scope):
        while self.value(s.kids[0], scope):
            if self.leaves(s.body, scope):
                break

    def do_for(self, s, scope):
        over = self.value(s.kids[0], scope)
        pairs = list(over.items() if isinstance(over, dict) else
                     ((x, i) for i, x in enumerate(over)))
        for pair in pairs:
            if self.leaves(s.body, scope, zip(s.names, pair)):
                break

    def leaves(self, body, scope, more=()):
        try:
            self.inside(body, scope, more)
        except Leave as leave:
            if leave.how == "return":
                raise
            return leave.how == "break"
        return False

    def do_match(self, s, scope):
        v = self.value(s.kids[0], scope)
        for p, body in zip(s.patterns, s.bodies):
            inner = taken(p, v, scope)
            if inner is not None:
                self.inside(body, scope, {k: x for k, x in inner.items() if k not in scope})
                return

    def do_try(self, s, scope):
        self.tries += 1
        try:
            self.inside(s.body, scope)
            self.tries -= 1
        except Failure as e:
            self.tries -= 1
            self.inside(s.otherwise, scope, {s.name: (e.message, e.kind, e.status)})
        except Leave:
            self.tries -= 1
            raise

    def do_return(self, s, scope):
        raise Leave("return", self.value(s.kids[0], scope))

    def do_effect(self, s, scope):
        self.value(s.kids[0], scope)

    def do_leave(self, s, scope):
        raise Leave(s.kind)

    def do_fn(self, s, scope):
        pass


LOOK = {"field": "field", "item": "field", "call": "helper", "start": "deployment",
        "not": "negation", "none?": "is_none", "if": "choice", "as": "conversion",
        "bare case": "bare_case"}
LOOK = {k: LOOK.get(k, k) for k in (
    "literal", "name", "template", "list", "tuple", "record", "map", "field", "item", "index",
    "slice", "get", "call", "operator", "case", "start", "fail", "binary", "negative", "not",
    "none?", "if", "match", "each", "bare case", "as")}
DO = {k: "do_" + k for k in ("let", "var", "assign", "put", "if", "while", "for", "match",
                             "try", "return", "effect", "fn")}
DO.update({"break": "do_leave", "continue": "do_leave"})


def node_reads(node, name):
    return True


def taken(p, v, scope):
    """The scope of the arm, or None when the pattern does not take the value."""
    if p.kind == "rest":
        return dict(scope)
    if p.kind == "case":
        if v[0] != p.at:
            return None
        return {**scope, p.bind: v[1]} if p.bind else dict(scope)
    return dict(scope) if equal(p.type, v, p.value) else None


def compared(op, t, x, y):
    if op in ("==", "!="):
        return equal(t, x, y) == (op == "==")
    if op in ("<", ">="):
        return less(t, x, y) == (op == "<")
    return less(t, y, x) == (op == ">")


def contained(t, x, y):
    if t.kind == "list":
        return any(equal(t.of, x, i) for i in y)
    return x in y  # a text or a map


def arithmetic(op, left, right, x, y):
    if left.kind in ("str", "enum"):
        return bounded(x + y)
    if left.kind == "list":
        return bounded(x + y)
    if left.kind in ("duration", "size") or right.kind in ("duration", "size"):
        return amounts(op, left, right, x, y)
    if op == "/" or FLOAT in (left, right):
        return of_floats(op, float(x), float(y))
    return of_ints(op, x, y)


def of_ints(op, x, y):
    if op in ("div", "%") and y == 0:
        raise Failure(f"division by zero in {x} {op} {y}")
    z = {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y,
         "div": lambda: x // y, "%": lambda: x % y}[op]()
    return whole(z, f"integer overflow in {x} {op} {y}")


def of_floats(op, x, y):
    if op == "/":
        if y == 0:
            raise Failure(f"division by zero in {float_text(x)} / {float_text(y)}")
        return real(x / y)
    return real({"+": x + y, "-": x - y, "*": x * y}[op])


def amounts(op, left, right, x, y):
    if op == "*":
        amount, by = (x, y) if left.kind in ("duration", "size") else (y, x)
        return operators.amount(float(amount) * float(by))
    if op == "/":
        if right is left:
            return operators.over(float(x), float(y))
        return operators.part_of(float(x), float(y))
    z = x + y if op == "+" else x - y
    show = duration_text if left.kind == "duration" else size_text
    return whole(z, f"{left.kind} overflow in {show(x)} {op} {show(y)}")
