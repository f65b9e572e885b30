"""Random bodies: statements around the expressions of generate.py, and functions."""
from .generate import Alias, Generator, KEYS, MATCHED, Var, is_known
from .tree import Function, Node, read_in
from .types import BOOL, FLOAT, INT, STR, holds, list_of, map_of, record

ERROR = record(("message", STR), ("kind", STR), ("status", INT))
LONG = 8  # statements of a body, about


class Bodies(Generator):
    def __init__(self, seed):
        super().__init__(seed)
        self.loops = 0      # around the statement
        self.result = None  # of the function
        self.depth = 0      # of blocks
        self.kept = None    # of a history: the variable that takes what others hold
        self.yields = None  # of a function that gives a stream: the type of its pieces

    # ---- blocks ----

    def block(self, size, more=(), ends=None):
        """Statements of a block of its own; `ends`, if given, makes its last."""
        mark, before = len(self.scope), self.lines
        self.scope += more
        self.lines = []
        self.depth += 1
        for _ in range(size):
            self.statement()
        if ends:
            ends()
        self.depth -= 1
        made, self.lines = self.lines, before
        del self.scope[mark:]
        return made

    def add(self, kind, *kids, **more):
        node = Node(kind, None, kids, **more)
        self.lines.append(node)
        return node

    def deep(self):
        return self.random.randrange(1, 4)

    def statement(self):
        nested = self.depth < 3
        if self.kept and self.chance(0.7):
            return self.weighted([(4, self.grow), (2, self.keep), (1, self.copy),
                                  (2, self.set_item)])()
        self.weighted([
            (5, self.let),
            (2, self.var),
            (3, self.assign),
            (1.5, self.put),
            (2 if nested else 0, self.branch),
            (1.2 if nested else 0, self.each_of),
            (0.8 if nested else 0, self.count_up),
            (1 if nested else 0, self.matched),
            (1.2 if nested else 0, self.attempt),
            (0.4, self.fails),
            (0.8, self.learn),
            (2.5 if self.yields else 0, self.give),
            (0.5 if self.depth == 1 else 0, self.nested),
            (0.4 if self.loops else 0, self.leave)])()

    # ---- names ----

    def let(self):
        t = self.type(2)
        written = self.chance(0.5)
        x = self.expression(t, self.deep(), hint=written)
        name = self.fresh("x")
        self.add("let", x, name=name, wanted=t if written else None)
        self.scope.append(Var(name, t))

    def var(self):
        t = self.type(1)
        written = self.chance(0.5)
        x = self.expression(t, 2, hint=written)
        name = self.fresh("x")
        self.add("var", x, name=name, wanted=t if written else None)
        self.scope.append(Var(name, t, mutable=True))

    def changing(self, *kinds):
        found = [v for v in self.scope if v.mutable and not v.known
                 and (not kinds or v.type.kind in kinds)]
        return self.one(found) if found else None

    def assign(self):
        v = self.changing()
        if not v:
            return self.var()
        op = ""
        x = None
        if v.type.kind in ("int", "float", "str", "duration", "size") and self.chance(0.6):
            ops = {"int": ("+", "-", "*"), "str": ("+",)}.get(v.type.kind, ("+", "-"))
            op = self.one(ops if v.type.kind != "float" else ("+", "-", "*", "/"))
            t = INT if v.type is FLOAT and self.chance(0.3) else v.type
            x = self.expression(t, 2, hint=False)
            if op == "/" and is_known(x):
                x = Node("literal", t, value=self.nonzero(t))
        elif v.type.kind == "optional":  # what is surely there would be known to be
            x = self.expression(v.type, self.deep(), hint=False)
        else:
            x = self.expression(v.type, self.deep())
        self.add("assign", x, name=v.name, op=op, of=v.type)

    def put(self):
        v = self.changing("list", "map", "json")
        if not v:
            return self.assign()
        if v.type.kind == "list" or v.type.kind == "json" and self.chance(0.5):
            key = self.expression(INT, 1)
        else:
            key = self.one((Node("literal", STR, value=self.one(KEYS)), self.expression(STR, 1)))
        item = v.type.of or v.type
        op = "+" if item.kind in ("int", "float", "str") and self.chance(0.4) else ""
        x = self.expression(item, 2, hint=not op)
        self.add("put", key, x, name=v.name, op=op, of=v.type)

    # ---- ways ----

    def branch(self):
        test = self.condition(2)
        s = Node("if", None, [test], body=None, otherwise=None)
        s.body = self.block(self.random.randrange(1, 4))
        if self.chance(0.5):
            s.otherwise = self.block(self.random.randrange(1, 3))
        self.lines.append(s)

    # What is known not to be none where the other way has left.
    def learn(self):
        maybe = [v for v in self.scope
                 if v.type.kind == "optional" and not v.mutable and not v.known and not v.own]
        if not maybe or not self.result:
            return self.let()
        v = self.one(maybe)
        test = Node("none?", BOOL, [Node("name", v.type, name=v.name)], op="==")
        if self.depth == 1 and self.chance(0.4):
            body = self.block(0, ends=self.ends)
            self.lines.append(Node("if", None, [test], body=body, otherwise=None))
            v.known = True
            self.scope.append(Var(v.name, v.type.of))
            return None
        test.op = "!="
        s = Node("if", None, [test], body=None, otherwise=None)
        s.body = self.there(v, lambda: self.block(2))
        self.lines.append(s)
        return None

    def ends(self):
        if self.yields:
            self.add("return")
        else:
            self.add("return", self.expression(self.result, 2))

    def give(self):
        self.add("yield", self.expression(self.yields, 2))

    def looped(self, more, size):
        known = [v for v in self.scope if v.known and v.mutable]
        self.loops += 1
        made = self.block(size, more)
        self.loops -= 1
        assert not known
        return made

    def each_of(self):
        x = self.walkable(2)
        more = self.walked(x, self.chance(0.4))
        s = Node("for", None, [x], names=[v.name for v in more], body=None)
        s.body = self.looped(more, self.random.randrange(1, 3))
        self.lines.append(s)

    def count_up(self):
        """A loop that ends, whatever is in it."""
        name = self.fresh("n")
        most = self.random.randrange(0, 6)
        self.add("var", Node("literal", INT, value=0), name=name, wanted=None)
        test = Node("binary", BOOL, [Node("name", INT, name=name),
                                     Node("literal", INT, value=most)], op="<")
        if self.chance(0.3):
            test = Node("binary", BOOL, [test, self.condition(1)], op="and")
        s = Node("while", None, [test], body=None)
        step = Node("assign", None, [Node("literal", INT, value=1)], name=name, op="+", of=INT)
        s.body = [step] + self.looped([Var(name, INT)], self.random.randrange(1, 3))
        self.lines.append(s)

    def leave(self):
        s = Node("if", None, [self.condition(1)], otherwise=None)
        s.body = [Node(self.one(("break", "continue")))]
        self.lines.append(s)

    def matched(self):
        subjects = [v for v in self.scope if not v.known and
                    v.type.kind in MATCHED]
        if not subjects:
            return self.branch()
        v = self.one(subjects)
        s = Node("match", None, [Node("name", v.type, name=v.name)],
                 patterns=self.patterns(v.type), bodies=[])
        for p in s.patterns:
            more = [Var(p.bind, p.type)] if getattr(p, "bind", None) else []
            s.bodies.append(self.block(self.random.randrange(1, 3), more))
        self.lines.append(s)
        return None

    # ---- errors ----

    def attempt(self):
        name = self.fresh("e")
        s = Node("try", None, [], name=name)
        s.body = self.block(self.random.randrange(1, 4))
        s.otherwise = self.block(self.random.randrange(1, 3), [Var(name, ERROR)])
        self.lines.append(s)

    def fails(self):
        status = Node("literal", INT, value=self.one((400, 404, 418, 500, 599)))
        fail = Node("fail", None, [status, self.expression(STR, 2)])
        self.lines.append(Node("if", None, [self.condition(2)],
                               body=[Node("effect", None, [fail])], otherwise=None))

    # ---- histories: values that change while others hold them ----

    def changed(self):
        return self.one([v for v in self.scope if v.mutable and v.type is self.kept.type.of])

    def grow(self):
        """A variable becomes itself and more."""
        v = self.changed()
        if v.type.kind == "map":
            key = self.one((Node("literal", STR, value=self.one(KEYS)), self.leaf(STR)))
            return self.add("put", key, self.expression(v.type.of, 1), name=v.name, op="",
                            of=v.type)
        more = [self.expression(v.type, 1, hint=False), Node("name", v.type, name=v.name)]
        if v.type.kind == "list":
            more += [self.list_literal(v.type, 1, False)] * 3
        return self.add("assign", self.one(more), name=v.name, op="+", of=v.type)

    def set_item(self):
        """An element changes where there is one, else the list grows."""
        v = self.changed()
        if v.type.kind != "list":
            return self.grow()
        key = Node("literal", INT, value=self.random.randrange(-3, 4))
        put = Node("put", None, [key, self.expression(v.type.of, 1)], name=v.name, op="",
                   of=v.type)
        more = Node("assign", None, [self.list_literal(v.type, 1, False)], name=v.name, op="+",
                    of=v.type)
        s = Node("try", None, [], name=self.fresh("e"), body=[put], otherwise=[more])
        self.lines.append(s)
        return s

    def keep(self):
        """Somebody else holds what a variable holds: a list, a name, an element."""
        v = self.changed()
        x = Node("name", v.type, name=v.name)
        if self.chance(0.4):
            name = self.fresh("x")
            self.add("let", x, name=name, wanted=None)
            self.scope.append(Var(name, v.type))
            x = Node("name", v.type, name=name)
        if self.chance(0.2):
            x = Node("each", self.kept.type, [Node("literal", list_of(INT), value=[1, 2])],
                     names=[self.fresh("i")], test=None, value=x)
        else:
            x = Node("list", self.kept.type, [x] * self.random.randrange(1, 3))
        return self.add("assign", x, name=self.kept.name, op="+", of=self.kept.type)

    def copy(self):
        v, x = self.changed(), self.changed()
        known = [k for k in self.scope if k.type is v.type] + [x]
        return self.add("assign", Node("name", v.type, name=self.one(known).name), name=v.name,
                        op="", of=v.type)

    def history(self):
        """A function that gives all that its variables held when it was kept."""
        t = self.one((STR, list_of(INT), list_of(STR), map_of(INT), map_of(list_of(INT)),
                      list_of(list_of(INT))))
        params = [(self.fresh("p"), t) for _ in range(2)]
        self.scope, self.loops, self.depth, self.lines = [], 0, 0, []
        self.scope = [Var(n, t) for n, t in params]
        first = [Var(self.fresh("x"), t, mutable=True) for _ in range(2)]
        self.kept = Var(self.fresh("x"), list_of(t), mutable=True)
        for v in first:
            self.add("var", self.leaf(t), name=v.name, wanted=t)
        self.add("var", Node("literal", self.kept.type, value=[]), name=self.kept.name,
                 wanted=self.kept.type)
        begin, self.scope = self.lines, self.scope + first + [self.kept]
        self.result = self.kept.type
        body = begin + self.block(self.random.randrange(4, 3 * LONG), ends=self.all_kept)
        name, result, self.kept = self.fresh("f"), self.kept.type, None
        f = Function(name, params, result, body, {}, {})
        self.functions.append(f)
        return f

    def all_kept(self):
        self.keep()
        self.add("return", Node("name", self.kept.type, name=self.kept.name))

    # ---- functions ----

    # One inside another, which reads what is there when it is called.
    def nested(self):
        around = [v for v in self.scope if not v.known and not v.mutable and not v.own]
        outer = (self.scope, self.lines, self.result, self.loops, self.depth, self.kept,
                 self.yields)
        captured = self.random.sample(around, min(len(around), 2))
        self.scope, self.loops, self.depth, self.kept = list(captured), 0, 1, None
        self.yields = None
        f = self.function_of(self.fresh("f"), self.random.randrange(3), size=2)
        (self.scope, self.lines, self.result, self.loops, self.depth, self.kept,
         self.yields) = outer
        f.captured = sorted(read_in(f.body) & {v.name for v in captured})
        self.add("fn", function=f)
        x = Node("call", f.result, [self.expression(t, 2) for _, t in f.params], name=f.name,
                 names=[None] * len(f.params), function=f)
        name = self.fresh("x")
        self.add("let", x, name=name, wanted=None)
        self.scope.append(Var(name, f.result))

    # Some are written as aliases with constraints.
    def aliases(self, params):
        known = {t.of: t for t in self.types if isinstance(t, Alias)}
        return {n: known[t] for n, t in params if t in known and self.chance(0.5)}

    def param_type(self):
        return self.type(2)

    result_type = param_type

    def function_of(self, name, n_params, size):
        """A function whose names come on top of those in scope."""
        params = [(self.fresh("p"), self.param_type()) for _ in range(n_params)]
        self.scope = self.scope + [Var(n, t) for n, t in params]
        defaults = {}
        for n, t in reversed(params):
            if self.chance(0.7) or holds(t, "bytes") or holds(t, "fn"):
                break
            defaults[n] = self.value(t, 1)
        self.result = self.result_type()
        self.depth, self.lines = 0, None
        body = self.block(size, ends=self.ends)
        if len(body) == 1 and body[0].kind == "return":
            body = body[0].kids[0]
        return Function(name, params, self.result, body, defaults, self.aliases(params))

    def stream(self):
        """A function that yields; some read another's stream and yield what they make
        of it, and some hand on what another gives."""
        self.scope, self.loops, self.depth, self.lines = [], 0, 0, None
        params = [(self.fresh("p"), self.type(2)) for _ in range(self.random.randrange(0, 3))]
        self.scope = [Var(n, t) for n, t in params]
        of = self.type(1)
        source = self.one(self.streams) if self.streams and self.chance(0.5) else None
        f = Function(self.fresh("y"), params, of, None)
        f.source = (self.fresh("s"), source.result) if source else None
        if source and source.source is None and self.chance(0.2):
            f.source, f.result, self.lines = None, source.result, []
            x = self.streamed(source, 1)
            f.body = [*self.lines, Node("return", None, [x])]
        else:
            self.yields = self.result = of
            body = self.block(self.random.randrange(0, 3))
            if f.source:
                x = Node("source", f.source[1], name=f.source[0])
                more = self.walked(x, self.chance(0.3))
                body.append(Node("for", None, [x], names=[v.name for v in more],
                                 body=self.looped(more, self.random.randrange(1, 4))))
            f.body = body + self.block(self.random.randrange(0, 3), ends=self.give)
            self.yields = None
        self.streams.append(f)
        return f

    def function(self):
        """A function that the next ones may call."""
        self.scope, self.loops = [], 0
        f = self.function_of(self.fresh("f"), self.random.randrange(1, 5),
                             self.random.randrange(0, LONG))
        self.functions.append(f)
        return f
