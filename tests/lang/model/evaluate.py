"""The reference evaluator: what a body does, in order, and when.

A value that is not there yet is pending: a Future (a call under way), a Later (an
operation on pending values, which is put off until somebody needs it), or a
list, tuple or map with such in it. Time is that of DESIGN's "calls are futures";
world.py has it. A scope holds, besides its names, the frame "$" of the body and
how many `try` are around ("$tries").
"""
from . import operators
from .libraries import BY, ENDS_AT, IS_WRITTEN, json_key, json_place, json_walked, wants
from .operators import bounded, real, whole
from .tree import Node, any_node, names_of, parts_of, reads_of
from .types import FLOAT, INT, JSON
from .values import Failure, Unspecified, equal, float_text, less, shown, to_json
from .values import duration_text, size_text
from .world import Frame, Future, Later, World, pending, search, taken_out


class Leave(Exception):
    """return, break or continue."""

    def __init__(self, how, value=None):
        self.how, self.value = how, value


class Closure:
    """A function with what it took with it, and the replica that it belongs to."""

    def __init__(self, function, held=(), replica=None):
        self.function, self.held, self.replica = function, held, replica


class Method:
    """Of a deployment: its calls are futures."""

    def __init__(self, function, replica):
        self.function, self.replica = function, replica


class Replica:
    """What a binding stands for; `fields` are its parameters and lets."""

    def __init__(self, limit=None):
        self.fields, self.state = {}, {}
        self.limit, self.busy, self.line = limit, 0, []


class Pieces:
    """A stream, whose function has run whole: nothing that it does can be seen but
    what it gives and what it fails with, when that is met."""

    def __init__(self, items, error):
        self.items, self.error = items, error

    def walk(self):
        for i, x in enumerate(self.items):
            yield x, i
        if self.error:
            raise self.error


class Machine:
    def __init__(self):
        self.world = World()
        self.replicas = {}  # by the name of the binding

    def run(self, function, args, replica=None):
        """What the function gives, in a world of its own."""
        return self.world.run(self.call(function, args, replica))

    def collect(self, function, args):
        """All pieces of its stream."""
        pieces = self.world.run(self.pieces(function, args))
        return [x for x, _ in pieces.walk()]

    def bind(self, deployments, bindings):
        """Fresh replicas."""
        for f in deployments:
            self.replicas[f.name] = Replica(f.limit)
        for b in bindings:
            replica = self.replicas[b.key] = Replica(b.of.limit)
            scope = {"$": Frame(None, replica), "$tries": 0}
            for kind, name, x in b.given:
                replica.fields[name] = x.binding if kind == "handle" else \
                    self.world.run(self.value(x, scope))
            for name, _, x in b.of.lets:
                replica.fields[name] = self.world.run(self.value(x, scope))
            replica.state = {name: v for name, _, v in b.of.state}

    # ---- functions ----

    async def call(self, function, args, replica=None):
        """A helper: runs in the caller's order."""
        task = self.world.running
        frame = Frame(task, replica)
        task.frames.append(frame)
        scope = dict(zip([n for n, _ in function.params] + function.captured, args))
        scope["$"], scope["$tries"] = frame, 0
        try:
            return await self.body(function.body, scope)
        finally:
            self.world.cancel(frame.calls)
            if frame in task.frames:
                task.frames.remove(frame)

    async def body(self, body, scope):
        if not isinstance(body, list):
            return await self.value(body, scope)
        try:
            await self.block(body, scope)
        except Leave as leave:
            return leave.value
        raise AssertionError("no return")

    def start(self, function, args, replica, frame):
        """A deployment or graph: begins when its arguments are there."""
        if function.word == "graph":
            work = self.graph(function, args)
        else:
            work = self.apart(function, args, replica)
        return self.world.start(work, frame, function.ordered)

    async def apart(self, function, args, replica):
        args = await self.need(args)
        if replica and replica.limit:
            await self.enter(replica)
        return await self.call(function, args, replica)

    # A slot of the replica, first come first served.
    async def enter(self, replica):
        task = self.world.running
        if replica.busy >= replica.limit:
            turn = Future()
            turn.task = task
            replica.line.append(turn)
            await self.world.wait([turn])
        else:
            replica.busy += 1
        task.leave = lambda: self.leave(replica)

    def leave(self, replica):
        while replica.line:
            turn = replica.line.pop(0)
            if not turn.task.cancelled:
                turn.task.leave = lambda: self.leave(replica)
                turn.complete()
                return
        replica.busy -= 1

    # ---- graphs ----

    async def graph(self, function, args):
        """Ordered by its data: each part is a task, which waits for those it needs."""
        args = await self.need(args)
        task = self.world.running
        frame = Frame(task)
        task.frames.append(frame)
        scope = dict(zip([n for n, _ in function.params], args))
        scope["$"], scope["$tries"] = frame, 0
        try:
            body = function.body
            if isinstance(body, list):
                for s in body[:-1]:
                    scope[s.name] = self.promise(s.kids[0], scope)
                body = body[-1].kids[0]
            return await self.need(self.promise(body, scope))
        except Failure as e:
            e.vague = True
            raise
        finally:
            self.world.cancel(frame.calls)

    def promise(self, node, scope):
        if node.kind == "name":
            return scope[node.name]
        if node.kind == "literal":
            return node.value
        if node.kind in ("list", "tuple", "record"):
            return self.promised_parts(node, scope)
        return self.world.start(self.piece(node, scope, scope["$"]), scope["$"])

    def promised_parts(self, n, scope):
        kids = [self.promise(k, scope) for k in n.kids]
        if n.kind == "list":
            return kids
        if n.kind == "tuple":
            return tuple(kids)
        fields = {}
        if n.spread:
            spread = kids.pop(0)
            fields = {name: self.promised_part(spread, i, scope["$"])
                      for i, (name, _) in enumerate(n.spread.type.parts)}
        fields.update(zip(n.names, kids))
        return tuple(fields[name] if name in fields else n.type.defaults[name]
                     for name, _ in n.type.parts)

    def promised_part(self, v, at, frame):
        if not isinstance(v, Future):
            return v[at]

        async def part():
            whole_ = v
            while isinstance(whole_, Future):
                if not whole_.there:
                    await self.world.wait([whole_])
                if whole_.error:
                    raise whole_.error
                whole_ = whole_.value
            return await self.need(whole_[at])
        return self.world.start(part(), frame)

    async def piece(self, node, scope, frame):
        """Its parts are promised side by side; of what is evaluated in part only, the
        one that decides comes first."""
        kind = node.kind
        if kind in ("field", "item"):
            return await self.need(self.promised_part(self.promise(node.kids[0], scope),
                                                      node.at, frame))
        if kind in ("if", "match") or (kind == "binary" and node.op in ("and", "or", "??")):
            first = await self.need(self.promise(node.kids[0], scope))
            return await self.way(node, first, scope)
        kids = [self.promise(k, scope) for k in node.kids]
        if kind == "each":  # and all that its elements read
            await self.need(kids + [self.promise(x, scope) for part in parts_of(node)[1:]
                                    for x in reads_of(part, frozenset(node.names))])
        kids = await self.need(kids)
        return await self.value(with_known(node, kids), scope)

    async def way(self, n, first, scope):
        if n.kind == "if":
            return await self.need(self.promise(n.kids[1 if first else 2], scope))
        if n.kind == "match":
            for p, k in zip(n.patterns, n.kids[1:]):
                inner = taken(p, n.kids[0].type, first, scope)
                if inner is not None:
                    return await self.need(self.promise(k, inner))
        if n.op == "??":
            return first if first is not None else await self.need(
                self.promise(n.kids[1], scope))
        if first == (n.op == "and"):
            return await self.need(self.promise(n.kids[1], scope))
        return first

    # ---- streams ----

    async def source(self, n, scope):
        return scope[n.name]

    async def streamed(self, n, scope):
        """The call is done when the first piece is there, or the end, or an error."""
        return await self.pieces(n.function, [await self.value(k, scope) for k in n.kids])

    async def pieces(self, f, args):
        names = ([f.source[0]] if f.source else []) + [name for name, _ in f.params]
        frame = Frame(self.world.running, None)
        inner = {**dict(zip(names, args)), "$": frame, "$tries": 0, "$out": []}
        try:
            await self.block(f.body, inner)
        except Leave as leave:
            if isinstance(leave.value, Pieces):
                return leave.value
        except Failure as e:
            if not inner["$out"]:
                raise
            return Pieces(inner["$out"], e)
        return Pieces(inner["$out"], None)

    async def do_yield(self, s, scope):
        scope["$out"].append(await self.value(s.kids[0], scope))

    # ---- waiting ----

    async def settled(self, v):
        while isinstance(v, Later):
            v = await v.compute()
        return v

    async def need(self, v):
        v = await self.settled(v)
        if not pending(v):
            return v
        while True:
            out = []
            search(v, out)
            if not out:
                return taken_out(v)
            await self.world.wait(out)
            failed = [f.error for f in out if f.there and f.error]
            if len({str(e) for e in failed}) > 1:  # at one moment
                failed[0].vague = True
                raise failed[0]

    async def value(self, node, scope):
        return await self.need(await self.look(node, scope))

    # What is not there yet is put off, unless there is an effect.
    async def strict(self, args, compute):
        if not any(map(pending, args)):
            return compute(*args)
        waits = any(not isinstance(a, Later) or a.waits for a in args if pending(a))

        async def later():
            return compute(*await self.forced(args))
        return Later(later, waits)

    # What waits comes first, so that state is read behind it.
    async def forced(self, args):
        out = list(args)
        for waiting in (True, False):
            for i, a in enumerate(args):
                if (pending(a) and not (isinstance(a, Later) and not a.waits)) == waiting:
                    out[i] = await self.need(a)
        return out

    # ---- expressions ----

    async def look(self, node, scope):
        self.world.step()
        return await getattr(self, LOOK[node.kind])(node, scope)

    async def looks(self, nodes, scope):
        return [await self.look(k, scope) for k in nodes]

    async def literal(self, n, scope):
        return n.value

    async def known(self, n, scope):
        return n.value

    async def name(self, n, scope):
        if n.name in scope:
            return scope[n.name]
        replica = scope["$"].self
        if n.name in replica.fields:
            return replica.fields[n.name]

        return self.read_later(replica.state, n.name)

    def read_later(self, place, name):
        async def read():
            return place[name]
        return Later(read, False)

    async def template(self, n, scope):
        holes = [p for p in n.parts if not isinstance(p, str)]

        def compute(*given):
            given = iter(given)
            return bounded("".join(p if isinstance(p, str) else shown(p.type, next(given))
                                   for p in n.parts))
        return await self.strict(await self.looks(holes, scope), compute)

    async def all_settled(self, nodes, scope):
        given = await self.looks(nodes, scope)
        for waiting in (True, False):
            for i, v in enumerate(given):
                if isinstance(v, Later) and v.waits == waiting:
                    given[i] = await self.settled(v)
        return given

    async def list(self, n, scope):
        return await self.all_settled(n.kids, scope)

    async def tuple(self, n, scope):
        return tuple(await self.all_settled(n.kids, scope))

    async def record(self, n, scope):
        given = await self.all_settled(n.kids, scope)
        fields = {}
        if n.spread:
            spread = given.pop(0)
            if {name for name, _ in n.type.parts} <= set(n.names):
                spread = [None] * len(n.names)  # nothing of it is left
            if isinstance(spread, Future):
                spread = await self.need(spread)
            fields = {name: v for (name, _), v in zip(n.spread.type.parts, spread)}
        fields.update(zip(n.names, given))
        return tuple(fields[name] if name in fields else n.type.defaults[name]
                     for name, _ in n.type.parts)

    async def map(self, n, scope):
        out = {}
        for key, x in n.pairs:
            if key is None:
                out.update(await self.value(x, scope))
            else:
                key = await self.value(key, scope)
                out[key] = await self.settled(await self.look(x, scope))
        if all(key for key, _ in n.pairs) or not pending(out):
            return out

        async def merged():
            return await self.need(out)
        return Later(merged, True)

    # A part is there when the whole is, whatever it holds.
    async def part(self, v, compute):
        if isinstance(v, (Future, Later)):
            async def later():
                return compute(await self.need(v))
            return Later(later, not isinstance(v, Later) or v.waits)
        return compute(v)

    async def field(self, n, scope):
        return await self.part(await self.look(n.kids[0], scope), lambda v: v[n.at])

    async def index(self, n, scope):
        of, at = await self.looks(n.kids, scope)
        get = {"list": operators.index_list, "map": operators.key_of,
               "str": operators.index_text, "enum": operators.index_text}[n.kids[0].type.kind]
        if pending(at) or isinstance(of, (Future, Later)):
            return await self.strict([of, at], get)
        return get(of, at)

    async def slice(self, n, scope):
        return await self.strict(await self.looks(n.kids, scope), operators.slice_of)

    async def get(self, n, scope):
        return await self.strict(await self.looks(n.kids, scope), lambda m, k: m.get(k))

    async def helper(self, n, scope):
        function = n.function
        args = in_order(n, await self.looks(n.kids, scope), function)
        args += [scope[name] for name in function.captured]
        return await self.call(function, await self.forced(args), scope["$"].self)

    async def deployment(self, n, scope):
        args = in_order(n, await self.all_settled(n.kids, scope), n.function)
        if n.options:
            return self.world.start(self.attempt(n, args, scope), scope["$"], True)
        return self.start(n.function, args, self.replica(n, scope), scope["$"])

    async def attempt(self, n, args, scope):
        """The call within its time, or else its fallback, which is a body of its own."""
        args = await self.need(args)
        task = self.world.running
        own = Frame(task, scope["$"].self)
        task.frames.append(own)
        inner = {**scope, "$": own, "$tries": 0}
        try:
            f = self.start(n.function, args, self.replica(n, scope), own)
            if "timeout" in n.options:
                self.world.start(self.world.expire(f, n.options["timeout"].value), own)
            return await self.need(f)
        except Failure as e:
            if e.vague:
                e.vague = False
            return await self.value(n.options["fallback"], inner)
        finally:
            self.world.cancel(own.calls)

    def replica(self, n, scope):
        """Of a deployment that a node names: a binding, or what a field holds."""
        name = n.binding
        if n.handle:
            name = scope["$"].self.fields[n.handle]
        return self.replicas.get(name)

    async def value_called(self, n, scope):
        given = await self.looks(n.kids, scope)
        callee = await self.need(given[0])
        args = [await self.settled(v) for v in given[1:]]
        if isinstance(callee, Method):
            return self.start(callee.function, args, callee.replica, scope["$"])
        args = await self.need(args)
        return await self.call(callee.function, args + list(callee.held), callee.replica)

    async def function_named(self, n, scope):
        function = n.function
        if n.binding or n.handle or function.word != "fn":
            return Method(function, self.replica(n, scope))
        replica = scope["$"].self
        return await self.strict([scope[name] for name in function.captured],
                                 lambda *held: Closure(function, held, replica))

    async def closure(self, n, scope):
        return await self.strict([scope[name] for name in n.function.captured],
                                 lambda *held: Closure(n.function, held, scope["$"].self))

    async def operator(self, n, scope):
        given, looked = [k.type for k in n.kids], await self.looks(n.kids, scope)
        if n.name in IS_WRITTEN:
            looked = await self.forced(looked)
        return await self.strict(looked, lambda *args: operators.run(n.row, given, args))

    async def by(self, n, scope):
        """A library's function, given one of an element."""
        xs, keys = await self.value(n.kids[0], scope), []
        for i, x in enumerate(xs):
            keys.append(await self.value(n.value, {**scope, n.names[0]: x}))
            if keys[-1] is ENDS_AT.get(n.name):
                xs = xs[:i + 1]
                break
        compute = BY[n.name][2]
        return compute[1](n.value.type, keys, xs) if isinstance(compute, tuple) else \
            compute(keys, xs)

    async def sleep(self, n, scope):
        await self.world.sleep(await self.value(n.kids[0], scope))

    async def case(self, n, scope):
        names = [name for name, _ in n.fields.parts]
        given = dict(zip((n.names[i] or names[i] for i in range(len(n.kids))),
                         await self.looks(n.kids, scope)))
        args = [given[x] if x in given else n.fields.defaults[x] for x in names]
        return await self.strict(args, lambda *parts: (n.at, parts))

    async def bare_case(self, n, scope):
        return (n.at, ())

    async def fail(self, n, scope):
        status, message = [await self.value(k, scope) for k in n.kids]
        if not 400 <= status <= 599:
            raise Failure(f"fail with status {status}, which is no error's: {message}")
        raise Failure(message, status)

    async def binary(self, n, scope):
        left, right = n.kids
        if n.op in ("and", "or"):
            x = await self.value(left, scope)
            return await self.value(right, scope) if x == (n.op == "and") else x
        if n.op == "??":
            x = await self.value(left, scope)
            return await self.settled(await self.look(right, scope)) if x is None else x
        given = await self.looks(n.kids, scope)
        if n.op in ("==", "!=", "<", "<=", ">", ">="):
            return await self.strict(given, lambda x, y: compared(n.op, left.type, x, y))
        if n.op in ("in", "not in"):
            return await self.strict(
                given, lambda x, y: contained(right.type, x, y) == (n.op == "in"))
        return await self.strict(
            given, lambda x, y: arithmetic(n.op, left.type, right.type, x, y))

    async def negative(self, n, scope):
        def compute(x):
            if n.type is FLOAT:
                return -x
            return whole(-x, f"integer overflow in -({x})")
        return await self.strict(await self.looks(n.kids, scope), compute)

    async def negation(self, n, scope):
        return await self.strict(await self.looks(n.kids, scope), lambda x: not x)

    async def is_none(self, n, scope):
        return await self.strict(await self.looks(n.kids, scope),
                                 lambda x: (x is None) == (n.op == "=="))

    async def choice(self, n, scope):
        taken_ = n.kids[1 if await self.value(n.kids[0], scope) else 2]
        return await self.settled(await self.look(taken_, scope))

    async def match(self, n, scope):
        v = await self.value(n.kids[0], scope)
        for p, k in zip(n.patterns, n.kids[1:]):
            inner = taken(p, n.kids[0].type, v, scope)
            if inner is not None:
                return await self.settled(await self.look(k, inner))
        raise AssertionError("no arm")

    # Elements run side by side where they may wait, else one after another.
    async def each(self, n, scope):
        over = await self.value(n.kids[0], scope)
        pairs = walked(n.kids[0].type, over, n.names)
        inner = ({**scope, **dict(zip(n.names, pair))} for pair in pairs)
        if n.value.waits or n.test and n.test.waits:
            inner = list(inner)
        if n.test and n.test.waits:
            asked = [self.beside(n.test, s) for s in inner]
            await self.world.let_begin()
            asked = await self.need(asked)
            inner = [s for s, yes in zip(inner, asked) if yes]
        elif n.test and n.value.waits:
            inner = [s for s in inner if await self.value(n.test, s)]
        if n.value.waits:
            begun = [self.beside(n.value, s) for s in inner]
            await self.world.let_begin()
            return begun
        test = n.test if n.test and not n.test.waits else None
        return [await self.value(n.value, s) for s in inner
                if not test or await self.value(test, s)]

    def beside(self, node, scope):
        """An element: a body of its own."""
        frame = scope["$"]

        async def element():
            task = self.world.running
            own = Frame(task, frame.self)
            task.frames.append(own)
            try:
                return await self.value(node, {**scope, "$": own, "$tries": 0})
            finally:
                self.world.cancel(own.calls)
        return self.world.start(element(), frame, any_node(node, is_ordered))

    async def conversion(self, n, scope):
        v = await self.look(n.kids[0], scope)
        if n.to == "float":
            return await self.strict([v], float)
        if n.to == "json":
            return await self.strict([v], lambda x: to_json(n.kids[0].type, x))
        return v

    # ---- statements ----

    async def block(self, body, scope):
        names = set(scope)
        for s in body:
            self.world.step()
            await getattr(self, DO[s.kind])(s, scope)
        if scope["$tries"]:  # what leaves a try is waited for inside it
            for name in [n for n in scope if n not in names][::-1]:
                scope[name] = await self.need(scope[name])

    # Names of a block end with it; variables from outside may have changed.
    async def inside(self, body, scope, more=(), tries=0):
        inner = {**scope, **dict(more)}
        inner["$tries"] += tries
        try:
            await self.block(body, inner)
        finally:
            inner["$tries"] -= tries
            for name in scope:
                scope[name] = inner[name]

    async def do_let(self, s, scope):
        scope[s.name] = await self.settled(await self.look(s.kids[0], scope))

    async def do_var(self, s, scope):
        scope[s.name] = await self.value(s.kids[0], scope)

    def place(self, s, scope):
        """Where a variable is: in the scope, or in the replica."""
        return scope if s.name in scope else scope["$"].self.state

    async def do_assign(self, s, scope):
        place = self.place(s, scope)
        own = place is not scope
        value = s.kids[0]
        if own and (s.op or self.reads_state(value, scope)):
            value = await self.behind(value, scope)
        if not s.op:
            place[s.name] = await self.value(value, scope)
            return
        before = self.read_later(place, s.name) if own else place[s.name]
        before, x = await self.forced([before, await self.look(value, scope)])
        kind = s.of
        if kind is FLOAT and s.kids[0].type is INT:
            x = float(x)
        place[s.name] = arithmetic(s.op, kind, s.kids[0].type if kind.kind in
                                   ("duration", "size") else kind, before, x)

    async def do_put(self, s, scope):
        place = self.place(s, scope)
        if place is not scope:
            key, old, item = await self.put_in_state(s, place, scope)
        else:
            key = await self.value(s.kids[0], scope)
            # read before the other side is looked at, as in Python
            old = part_of(s.of, place[s.name], key) if s.op else None
            item = await self.value(s.kids[1], scope)
        if s.op:
            item = arithmetic(s.op, s.of.of, s.of.of, old, item)
        place[s.name] = with_part(s.of, place[s.name], key, item)

    async def put_in_state(self, s, place, scope):
        """The key, what was there, and the value; the key is named first."""
        key = Node("known", s.kids[0].type,
                   value=await self.settled(await self.look(s.kids[0], scope)))
        value = await self.behind(s.kids[1], scope, [key])

        async def read():
            return part_of(s.of, place[s.name], key.value)
        old = Later(read, False) if s.op else None
        return await self.forced([key.value, old, await self.look(value, scope)])

    # ---- state that is set ----

    async def behind(self, n, scope, begun=()):
        """What is left of a value that state is set to, when all in it that may wait is
        there: what asks no state begins and is waited for, and then state is read."""
        begun = list(begun)
        n = await self.begin(n, scope, begun)
        for known in begun:
            known.value = await self.need(known.value)
        return n

    async def begin(self, n, scope, begun):
        if n.kind in ("name", "lambda", "function"):
            begun += [Node("known", value=scope[x]) for x in sorted(names_of(n)) if x in scope]
        if n.waits and not self.reads_state(n, scope):
            v = await self.settled(await self.look(n, scope))
            begun.append(Node("known", n.type, value=v))
            return begun[-1]
        if may_wait(n):
            return n
        sure = 1 if is_choice(n) else len(n.kids)
        return with_kids(n, [await self.begin(k, scope, begun) for k in n.kids[:sure]] +
                         n.kids[sure:])

    # What a call is given is read when it begins.
    def reads_state(self, n, scope):
        if n.kind == "name":
            return n.name not in scope and n.name in scope["$"].self.state
        if may_wait(n):
            return False
        return any(self.reads_state(k, scope) for k in parts_of(n)) or any(
            self.reads_state(key, scope) for key, _ in getattr(n, "pairs", ()) if key)

    async def do_if(self, s, scope):
        if await self.value(s.kids[0], scope):
            await self.inside(s.body, scope)
        elif s.otherwise:
            await self.inside(s.otherwise, scope)

    async def do_while(self, s, scope):
        while await self.value(s.kids[0], scope):
            if await self.leaves(s.body, scope):
                break

    # In the order in which they end; of two that end at one moment nobody knows.
    async def as_completed(self, s, scope):
        out = list(enumerate(await self.settled(await self.look(s.kids[0], scope))))
        last = None
        while out:
            there = sorted((f.at, i) for i, f in out if f.there)
            if not there:
                await self.world.wait_first([f for _, f in out])
                continue
            at, i = there[0]
            if at == last or len(there) > 1 and there[1][0] == at:
                raise Unspecified("which ends first")
            last, f = at, dict(out)[i]
            out.remove((i, f))
            if await self.leaves(s.body, scope, zip(s.names, (f, i))):
                self.world.cancel([f.task for _, f in out])
                break

    async def do_for(self, s, scope):
        if s.as_completed:
            return await self.as_completed(s, scope)
        over = await self.value(s.kids[0], scope)
        pairs = walked(s.kids[0].type, over, s.names)
        for pair in pairs:
            if await self.leaves(s.body, scope, zip(s.names, pair)):
                break

    async def leaves(self, body, scope, more=()):
        try:
            await self.inside(body, scope, more)
        except Leave as leave:
            if leave.how == "return":
                raise
            return leave.how == "break"
        return False

    async def do_match(self, s, scope):
        v = await self.value(s.kids[0], scope)
        for p, body in zip(s.patterns, s.bodies):
            inner = taken(p, s.kids[0].type, v, scope)
            if inner is not None:
                await self.inside(body, scope, {k: x for k, x in inner.items()
                                                if k not in scope})
                return

    async def do_try(self, s, scope):
        try:
            await self.inside(s.body, scope, tries=1)
        except Failure as e:
            if e.vague:
                raise Unspecified("which error it is")
            await self.inside(s.otherwise, scope, {s.name: (e.message, e.kind, e.status)})

    async def do_return(self, s, scope):
        raise Leave("return", await self.value(s.kids[0], scope) if s.kids else None)

    async def do_effect(self, s, scope):
        await self.value(s.kids[0], scope)

    async def do_spawn(self, s, scope):
        n = s.kids[0]
        args = in_order(n, await self.forced(await self.looks(n.kids, scope)), n.function)
        self.start(n.function, args, self.replica(n, scope), None)

    async def do_leave(self, s, scope):
        raise Leave(s.kind)

    async def do_fn(self, s, scope):
        pass


def with_known(node, values):
    """The node, with values in the place of its parts."""
    return with_kids(node, [Node("known", k.type, value=v)
                            for k, v in zip(node.kids, values)])


def with_kids(node, kids):
    plain = Node(node.kind)
    plain.__dict__.update(node.__dict__)
    plain.kids = kids
    given = iter(plain.kids)
    if node.kind == "template":
        plain.parts = [p if isinstance(p, str) else next(given) for p in node.parts]
    if node.kind == "map":
        plain.pairs = [(key, next(given)) for key, _ in node.pairs]
    if node.kind == "record" and node.spread:
        plain.spread = plain.kids[0]
    return plain


def may_wait(n):
    """A call, but of a helper that does not wait, which is like an operation."""
    return n.kind in ("start", "called") or n.kind == "call" and n.function.waits


def walked(t, over, names):
    """What a loop takes, one after another."""
    if isinstance(over, Pieces):
        return over.walk()
    if t.kind == "json":
        return json_walked(over, names)
    return list(over.items() if isinstance(over, dict) else
                ((x, i) for i, x in enumerate(over)))


def is_ordered(n):
    return n.kind == "called" or n.kind in ("start", "call") and n.function.ordered


def part_of(t, v, key):
    if t.kind == "json":
        return (json_key if isinstance(key, str) else json_place)(v, key)
    return (operators.index_list if t.kind == "list" else operators.key_of)(v, key)


def with_part(t, v, key, item):
    """The list, map or json with another part there."""
    if t.kind == "json":
        wants(v, *((dict, "has no keys") if isinstance(key, str) else (list, "has no places")))
    return {**v, key: item} if isinstance(key, str) else operators.put_in_list(v, key, item)


def in_order(n, given, function):
    """Arguments as the parameters stand."""
    out = [v for name, v in zip(n.names, given) if not name]
    named = {name: v for name, v in zip(n.names, given) if name}
    for name, _ in function.params[len(out):]:
        out.append(named[name] if name in named else function.defaults[name])
    return out


LOOK = {"field": "field", "item": "field", "call": "helper", "start": "deployment",
        "not": "negation", "none?": "is_none", "if": "choice", "as": "conversion",
        "bare case": "bare_case", "lambda": "closure", "function": "function_named",
        "called": "value_called"}
LOOK = {k: LOOK.get(k, k) for k in (
    "literal", "name", "template", "list", "tuple", "record", "map", "field", "item", "index",
    "slice", "get", "call", "operator", "case", "start", "fail", "binary", "negative", "not",
    "none?", "if", "match", "each", "by", "streamed", "source", "bare case", "as", "known", "lambda", "function",
    "called", "sleep")}
DO = {k: "do_" + k for k in ("let", "var", "assign", "put", "if", "while", "for", "match",
                             "try", "return", "yield", "effect", "fn", "spawn")}
DO.update({"break": "do_leave", "continue": "do_leave"})


def is_choice(n):
    return n.kind in ("if", "match", "each") or getattr(n, "op", "") in ("and", "or", "??")


def taken(p, of, v, scope):
    """The scope of the arm, or None when the pattern does not take the value."""
    if p.kind == "rest":
        return dict(scope)
    if p.kind == "case":
        if v[0] != p.at:
            return None
        return {**scope, p.bind: v[1]} if p.bind else dict(scope)
    if p.kind == "kind":
        if not is_of(p.word, v):
            return None
        return {**scope, p.bind: float(v) if p.word == "float" else v} if p.bind else dict(scope)
    return dict(scope) if equal(JSON if of is JSON else p.type, v, p.value) else None


def is_of(word, v):
    """Whether json is of this kind; a whole number is a float too."""
    kinds = {"none": type(None), "bool": bool, "int": int, "float": (int, float), "str": str,
             "list": list, "map": dict}
    return isinstance(v, kinds[word]) and (word == "bool" or not isinstance(v, bool))


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
