"""Random programs: deployments, apps and graphs around the bodies of bodies.py.

Whatever is made may call what was made before it, so nothing calls itself. Times
are odd numbers of microseconds, so that two things hardly ever happen at one moment.
"""
from . import values
from .bodies import Bodies
from .evaluate import is_ordered
from .generate import Alias, Var
from .tree import Binding, Class, Function, Node, names_of, statements
from .types import BOOL, DURATION, FLOAT, INT, STR, fn_of, holds, list_of, optional

LONGEST_SLEEP = 10**6


class Callee:
    """What gives a future when it is called: a function of `word` deployment, fn (a
    method of the binding or the field) or graph."""

    def __init__(self, function, name, app=None, binding=None, handle=None):
        self.function, self.name, self.app = function, name, app
        self.binding, self.handle = binding, handle


class Worlds(Bodies):
    def __init__(self, seed):
        super().__init__(seed)
        self.callees, self.classes, self.bindings = [], [], []
        self.deployments, self.graphs = [], []
        self.handles = []  # callees by fields of the class that is made
        self.place = None  # "helper", "body", "graph" or None: where calls may be made
        self.app = None
        self.last = False  # a graph's one call whose order can be seen may come now
        self.apps = [self.fresh("a") for _ in range(self.random.randrange(1, 4))]
        self.palette = []

    # ---- types ----

    def declare(self, count):
        super().declare(count)
        own = [t for t in self.types if not isinstance(t, Alias)]
        more = [list_of(INT), list_of(STR), optional(INT)] + own
        self.palette = [INT, INT, STR, BOOL, FLOAT] + self.random.sample(more, min(3, len(more)))

    def common(self):
        """Types that many things have, so that they fit together."""
        return self.one(self.palette) if self.palette and self.chance(0.8) else self.type(2)

    # ---- calls ----

    def may_call(self, c):
        if self.place is None:
            return False
        return self.place != "graph" or not c.function.ordered or self.last

    def calling(self, t, depth):
        fitting = [f for f in self.functions if f.result is t and (not f.waits or
                   (self.place and not (self.place == "graph" and (f.sleeps or f.changes))))]
        fitting += [c for c in self.callees + self.handles
                    if c.function.result is t and self.may_call(c)] * 2
        fitting += [v for v in self.scope if v.type.kind == "fn" and v.type.of is t
                    and self.place and not (self.place == "graph")]
        return self.call(self.one(fitting), depth) if fitting else None

    def by(self, t, depth):
        return None

    def call(self, f, depth):
        if isinstance(f, Var):
            kids = [self.expression(p, depth - 1, hint=False) for p in f.type.parts]
            node = Node("called", f.type.of, [Node("name", f.type, name=f.name), *kids])
            node.waits = True
            return node
        if not isinstance(f, Callee):
            node = super().call(f, depth)
            node.waits |= f.waits
            return node
        node = super().call(f.function, depth)
        node.kind, node.waits, node.options = "start", True, {}
        self.aim(node, f)
        if depth > 0 and self.chance(0.12):
            if self.chance(0.3):
                node.options["timeout"] = self.duration()
            node.options["fallback"] = self.fallback(node.type)
        if f.function.ordered:
            self.last = False
        return node

    def fallback(self, t):
        around = self.scope
        if self.place == "graph":  # where it would be waited for
            self.scope = []
        x = self.expression(t, 1, hint=False)
        self.scope = around
        return x

    def aim(self, node, c):
        node.function, node.handle = c.function, c.handle
        node.binding = c.binding
        node.name = c.name
        if c.app:
            here = self.place == "graph" and self.app == c.app and self.chance(0.7)
            node.name = c.name if here else f"{c.app}.{c.name}"

    def any_callee(self):
        found = [c for c in self.callees + self.handles if self.may_call(c)]
        return self.one(found[-12:]) if found else None

    # ---- functions as values ----

    def expression(self, t, depth, hint=True):
        if t.kind != "fn" or depth <= 0:
            return super().expression(t, depth, hint)
        return self.weighted([(5, lambda: self.leaf(t)), (4, lambda: self.for_fn(t, depth, hint)),
                              (1, lambda: self.choice(t, depth, hint))])()

    def for_fn(self, t, depth, hint):
        if self.chance(0.4):
            fitting = [c for c in self.callees if self.may_call(c) and self.place != "graph"
                       and c.function.result is t.of and not c.handle
                       and tuple(p for _, p in c.function.params) == t.parts]
            plain = [f for f in self.functions if f.result is t.of
                     and tuple(p for _, p in f.params) == t.parts and not f.captured]
            if fitting + plain:
                return self.function_named(t, self.one(fitting + plain))
        return self.lambda_of(t, depth)

    def function_named(self, t, f):
        node = Node("function", t, name=getattr(f, "name", None), function=f,
                    binding=None, handle=None)
        if isinstance(f, Callee):
            self.aim(node, f)
        return node

    def lambda_of(self, t, depth):
        around, held = list(self.scope), self.place
        params = [(self.fresh("q"), p) for p in t.parts]
        if self.place == "graph":
            self.place = None
        self.scope = [v for v in self.scope if not v.known] + [Var(n, p) for n, p in params]
        body = self.expression(t.of, max(depth - 1, 1), hint=False)
        self.scope, self.place = around, held
        f = Function(self.fresh("lambda"), params, t.of, body)
        f.captured = self.captured(body, {n for n, _ in params})
        return Node("lambda", t, function=f)

    def captured(self, body, own):
        own = own | {v.name for v in self.scope if v.own}
        return sorted(names_of(body) - own)

    def constant(self, t, hint):
        if holds(t, "fn"):
            return self.without_constant(t)
        return super().constant(t, hint)

    def without_constant(self, t):
        if t.kind == "fn":
            return self.lambda_of(t, 1)
        if t.kind in ("list", "optional"):
            return Node("list" if t.kind == "list" else "as", t, [self.leaf(t.of)],
                        to="optional")
        if t.kind == "map":
            x = self.leaf(t.of)
            return Node("map", t, [x], pairs=[(Node("literal", STR, value="a"), x)])
        kids = [self.leaf(p) for p in (t.parts if t.kind == "tuple" else
                                       [p for _, p in t.parts])]
        return Node(t.kind, t, kids, names=[n for n, _ in t.parts]
                    if t.kind == "record" else None, spread=None)

    # ---- statements ----

    def statement(self):
        if self.place != "body" or self.chance(0.55):
            return super().statement()
        return self.weighted([
            (4, self.let_call),
            (2, self.let_calls),
            (2, self.let_each),
            (1.2, self.effect_call),
            (1.2 if self.depth < 3 else 0, self.arrivals),
            (1, self.nap),
            (0.5, self.spawned),
            (1.5, self.let_fn),
            (2.5 if self.states() else 0, self.change_state)])()

    def name_it(self, x, wanted=None):
        name = self.fresh("x")
        self.add("let", x, name=name, wanted=wanted)
        self.scope.append(Var(name, x.type))

    def let_call(self):
        c = self.any_callee()
        return self.name_it(self.call(c, 2)) if c else self.let()

    def let_calls(self):
        c = self.any_callee()
        if not c:
            return self.let()
        t = c.function.result
        kids = [self.call(c, 2), self.calling(t, 2) or self.leaf(t, False)]
        if self.chance(0.3):
            kids.append(self.leaf(t, False))
        self.random.shuffle(kids)
        if self.chance(0.3):
            name = self.fresh("x")
            parts = tuple((f"r{i}", k.type) for i, k in enumerate(kids))
            from .types import record
            t = record(*parts)
            self.name_it(Node("record", t, kids, names=[n for n, _ in parts], spread=None))
            return None
        self.name_it(Node("list", list_of(t), kids))
        return None

    def let_each(self):
        c = self.any_callee()
        if not c or c.function.ordered and (self.place == "graph" or self.chance(0.7)):
            return self.let_call()
        over = self.iterated()
        x = self.expression(over, 1, hint=False)
        mark = len(self.scope)
        self.scope += self.walked(x, False)
        name = self.scope[mark].name
        test = self.condition(1) if self.chance(0.3) else None
        value = self.call(c, 1)
        if self.chance(0.4):
            value = Node("tuple", None, [value, self.leaf(self.scope[-1].type, False)])
            from .types import tuple_of
            value.type = tuple_of(*[k.type for k in value.kids])
        del self.scope[mark:]
        node = Node("each", list_of(value.type), [x], names=[name], test=test, value=value)
        node.waits = True
        self.name_it(node)
        return None

    def arrivals(self):
        c = self.any_callee()
        if not c or c.function.ordered:
            return self.let_call()
        x = self.expression(self.iterated(), 1, hint=False)
        mark = len(self.scope)
        self.scope += self.walked(x, False)
        value = self.call(c, 1)
        each = Node("each", list_of(value.type), [x], names=[self.scope[mark].name], test=None,
                    value=value)
        each.waits = True
        del self.scope[mark:]
        more = [Var(self.fresh("i"), value.type), Var(self.fresh("i"), INT)]
        more = more[:self.random.randrange(1, 3)]
        s = Node("for", None, [each], names=[v.name for v in more], as_completed=True)
        s.body = self.looped(more, self.random.randrange(1, 4))
        self.lines.append(s)
        return None

    def effect_call(self):
        c = self.any_callee()
        return self.add("effect", self.call(c, 2)) if c else self.let()

    def duration(self):
        ns = 1000 * (2 * self.random.randrange(LONGEST_SLEEP // 2) + 1)
        return Node("literal", DURATION, value=ns)

    def nap(self):
        node = Node("sleep", None, [self.duration()])
        node.waits = True
        self.add("effect", node)

    def spawned(self):
        c = self.any_callee()
        if not c or c.handle and c.function.word == "graph":
            return self.let()
        return self.add("spawn", self.call(c, 0))

    def let_fn(self):
        t = fn_of(self.one(self.palette), *[self.one(self.palette)
                                            for _ in range(self.random.randrange(0, 3))])
        return self.name_it(self.for_fn(t, 2, False), t)

    def states(self):
        return [v for v in self.scope if v.own and v.mutable]

    def change_state(self):
        v = self.one(self.states())
        if v.type.kind in ("int", "str", "float") and self.chance(0.5):
            op = "+" if v.type.kind == "str" else self.one("+-*")
            self.add("assign", self.expression(v.type, 2, hint=False), name=v.name, op=op,
                     of=v.type)
        else:
            self.add("assign", self.expression(v.type, 2, hint=v.type.kind != "optional"),
                     name=v.name, op="", of=v.type)

    # ---- declarations ----

    def settle(self, f):
        f.waits = statements(f.body, lambda n: n.waits)
        f.sleeps = statements(f.body, lambda n: n.kind == "sleep" or n.kind == "call"
                              and n.function.sleeps)
        f.changes = statements(f.body, self.is_change, self.is_change_statement)
        f.ordered = bool(f.limit) or f.changes or statements(f.body, is_ordered)
        return f

    def is_change(self, n):
        return n.kind in ("start", "call") and n.function.changes or n.kind == "called"

    def is_change_statement(self, s):
        return s.kind == "spawn" or s.kind in ("assign", "put") and getattr(s, "own", False)

    def add(self, kind, *kids, **more):
        node = super().add(kind, *kids, **more)
        if kind in ("assign", "put"):
            node.own = any(v.own and v.name == node.name for v in self.scope)
        return node

    def result_type(self):
        return self.common()

    def param_type(self):
        if self.chance(0.1):
            return fn_of(self.one(self.palette), self.one(self.palette))
        return self.common()

    def helper(self):
        """A function, which may call deployments."""
        self.place, self.scope, self.loops = "body" if self.chance(0.6) else None, [], 0
        f = self.function_of(self.fresh("f"), self.random.randrange(0, 4),
                             self.random.randrange(0, 5))
        self.functions.append(self.settle(f))
        self.place = None
        return f

    def deployment(self):
        self.place, self.scope, self.loops = "body", [], 0
        f = self.function_of(self.fresh("d"), self.random.randrange(0, 4),
                             self.random.randrange(0, 5))
        if not isinstance(f.body, list):
            f.body = [Node("return", None, [f.body])]
        if self.chance(0.8):
            node = Node("sleep", None, [self.duration()])
            node.waits = True
            f.body.insert(0, Node("effect", None, [node]))
        f.word = "deployment"
        f.limit = self.one((1, 2, 3)) if self.chance(0.2) else None
        self.settle(f)
        self.deployments.append(f)
        self.callees.append(Callee(f, f.name, None, f.name))
        self.place = None

    def graph(self):
        self.place, self.scope, self.last = "graph", [], False
        self.app = self.one(self.apps)
        params = [(self.fresh("p"), self.common()) for _ in range(self.random.randrange(0, 4))]
        self.scope = [Var(n, t) for n, t in params]
        self.lines, self.result = [], self.common()
        for _ in range(self.random.randrange(1, 7)):
            self.weighted([(3, self.let_call), (1.5, self.let_calls), (1, self.let_each),
                           (2, self.let)])()
        self.last = True
        self.add("return", self.needed())
        f = Function(self.fresh("g"), params, self.result, self.lines)
        f.word, f.app = "graph", self.app
        self.settle(f)
        self.graphs.append(f)
        self.callees.append(Callee(f, f.name, f.app, f.name))
        self.place = None

    def needed(self):
        found = [c for c in self.callees if c.function.result is self.result
                 and self.may_call(c)]
        if found and self.chance(0.4):
            c = self.one(found)
            self.last &= not c.function.ordered
            return self.call(c, 2)
        self.last = False
        return self.expression(self.result, 2)

    # ---- classes ----

    def class_(self):
        k = Class(self.fresh("C"), self.one((1, 2)) if self.chance(0.25) else None)
        self.handles, self.scope, given = [], [], []
        for _ in range(self.random.randrange(0, 4)):
            self.field(k, given)
        for _ in range(self.random.randrange(0, 2)):
            self.let_of(k)
        for _ in range(self.random.randrange(0, 4)):
            t = self.common()
            name = self.fresh("s")
            if holds(t, "bytes") or holds(t, "fn"):
                continue
            k.state.append((name, t, self.value(t)))
        fields = [Var(name, t) for name, t, _ in k.fields if t] + \
            [Var(name, t) for name, t, _ in k.lets]
        fields += [Var(name, t, mutable=True) for name, t, _ in k.state]
        for v in fields:
            v.own = True
        outer = self.functions
        for _ in range(self.random.randrange(1, 4)):
            self.functions = outer + [m for m in k.methods]
            k.methods.append(self.method(fields, k.limit))
        self.functions, self.handles = outer, []
        self.peek(k, fields)
        self.classes.append(k)
        for _ in range(self.random.randrange(1, 3)):
            self.binding_of(k, given)

    def field(self, k, given):
        name = self.fresh("h")
        bound = [c for c in self.callees if c.binding and c.function.word == "fn"]
        if bound and self.chance(0.35):
            c = self.one(bound)
            same = [o for o in bound if o.binding.split(".")[1] == c.binding.split(".")[1]
                    and o.app == c.app]
            self.handles += [Callee(o.function, f"{name}.{o.function.name}", handle=name)
                             for o in same]
            k.fields.append((name, None, self.class_of(c).name))
            given.append(lambda: ("handle", name, c))
            return
        if self.chance(0.25):
            t = fn_of(self.one(self.palette), self.one(self.palette))
            k.fields.append((name, t, str(t)))
            given.append(lambda: ("value", name, self.given_fn(t)))
            return
        t = self.common()
        if holds(t, "bytes"):
            t = INT
        k.fields.append((name, t, str(t)))
        given.append(lambda: ("value", name, Node("literal", t, value=self.value(t))))

    def given_fn(self, t):
        self.place, self.scope = None, []
        self.lines = []
        node = self.for_fn(t, 1, False)
        while self.lines:  # what would need a name before it
            self.lines = []
            node = self.for_fn(t, 0, False)
            if self.lines:
                v = Node("literal", t.of, value=self.value(t.of))
                f = Function(self.fresh("lambda"), [(self.fresh("q"), p) for p in t.parts],
                             t.of, v)
                self.lines = []
                return Node("lambda", t, function=f) if self.self_typed(t.of, v.value) \
                    else None
        return node

    def class_of(self, c):
        return next(b.of for b in self.bindings if b.key == c.binding)

    def let_of(self, k):
        fields = [(name, t) for name, t, _ in k.fields if t]
        name = self.fresh("l")
        if fields and self.chance(0.5):
            of, t = self.one(fields)
            k.lets.append((name, t, Node("name", t, name=of)))
        else:
            v = self.value(STR)
            k.lets.append((name, STR, Node("literal", STR, value=v)))

    def method(self, fields, limit):
        self.place, self.scope, self.loops = "body", list(fields), 0
        f = self.function_of(self.fresh("m"), self.random.randrange(0, 3),
                             self.random.randrange(0, 5))
        if self.chance(0.6):
            if not isinstance(f.body, list):
                f.body = [Node("return", None, [f.body])]
            node = Node("sleep", None, [self.duration()])
            node.waits = True
            f.body.insert(0, Node("effect", None, [node]))
        f.own, f.limit = True, limit
        self.place = None
        return self.settle(f)

    def peek(self, k, fields):
        """A method that shows the state."""
        seen = [v for v in fields if v.mutable]
        if not seen:
            return
        from .types import tuple_of
        t = tuple_of(*[v.type for v in seen])
        f = Function("peek", [], t, Node("tuple", t, [Node("name", v.type, name=v.name)
                                                     for v in seen]))
        f.own = True
        k.peek = f
        k.methods.append(f)

    def binding_of(self, k, given):
        made = [g() for g in given]
        if any(x[2] is None for x in made):
            return
        app = self.one(self.apps)
        made = [(kind, name, self.handle_to(x, app) if kind == "handle" else x)
                for kind, name, x in made]
        b = Binding(app, self.fresh("b"), k, made)
        self.bindings.append(b)
        for f in k.methods:
            if f.name != "peek":
                self.callees.append(Callee(f, f"{b.name}.{f.name}", b.app, b.key))

    def handle_to(self, c, app):
        name = c.binding if c.app != app else c.binding.split(".")[1]
        return Node("handle", None, name=name, binding=c.binding)

    def make(self, count):
        for _ in range(2):
            self.deployment()
        for _ in range(count):
            self.weighted([(2, self.helper), (2, self.deployment), (3, self.class_),
                           (3, self.graph)])()
