"""Whole programs: random functions, and tests that ask them what the reference
evaluator says they give."""
from . import evaluate, tree, types, values
from .bodies import Bodies
from .world import Frame
from .worlds import Callee, Worlds

ASKS = 3  # of a function
LIBRARIES = ("use list", "use math", "use text")
HOUR = 3600 * 10**9


class Program:
    def __init__(self, seed, count):
        self.generator = Bodies(seed)
        self.generator.declare(4)
        make = self.generator
        self.functions = []
        for i in range(count):
            if i % 5 == 2:
                make.stream()
            self.functions.append(make.history() if i % 4 == 3 else make.function())
        self.compared = 0  # functions that gave a result

    def declarations(self):
        out = [*LIBRARIES] + [tree.type_line(t) for t in self.generator.types]
        for f in self.functions:
            out += tree.function_lines(f)
        for f in self.generator.streams:
            out += tree.function_lines(f, stream="stream ")
        return out

    def tests(self):
        out = []
        for f in self.functions + [f for f in self.generator.streams if not f.source]:
            asked = [self.ask(f, k) for k in range(ASKS)]
            self.compared += any(len(lines) == 1 for lines in asked)
            if any(asked):
                out += [f'test "{f.name}" {{', *sum(asked, []), "}"]
        return out

    def text(self):
        return "\n".join(self.declarations() + self.tests()) + "\n"

    def ask(self, f, number):
        """Statements of a test; none where the language promises nothing."""
        args = [self.generator.value(t) for _, t in f.params]
        given = ", ".join(values.literal(t, v) for (_, t), v in zip(f.params, args))
        machine = evaluate.Machine()
        ask, t, shown = machine.run, f.result, f"repr({f.name}({given}))"
        if f in self.generator.streams:
            ask, t = machine.collect, types.list_of(t)
            shown = f"repr([x for x in {f.name}({given})])"
        try:
            result = values.python_form(t, ask(f, args))
            return [f"  assert {shown} == {values.quote(result)}"]
        except values.Failure as e:
            return failing(shown, number, e, False)
        except values.Unspecified:
            return []


class WorldProgram:
    """Deployments, apps and graphs; tests ask them one after another."""

    def __init__(self, seed, count):
        self.generator = g = Worlds(seed)
        g.declare(4)
        g.make(count)
        self.compared = 0  # calls whose value is known
        self.more = {app: [] for app in g.apps}  # lines that a mistake adds
        self.more_below = []
        methods = [f for k in g.classes for f in k.methods]
        self.functions = g.functions + g.deployments + methods + g.graphs

    def declarations(self):
        g = self.generator
        out = [*LIBRARIES] + [tree.type_line(t) for t in g.types]
        for f in g.functions:
            out += tree.function_lines(f)
        for f in g.deployments:
            out += tree.function_lines(f, "deployment")
        for k in g.classes:
            out += tree.class_lines(k)
        for app in g.apps:
            out += tree.app_lines(app, [b for b in g.bindings if b.app == app],
                                  [f for f in g.graphs if f.app == app], self.more[app])
        return out + self.more_below

    def entries(self):
        g = self.generator
        found = [c for c in g.callees if c.function.name != "peek"]
        found += [Callee(f, f.name) for f in g.functions if f.waits]
        return [c for c in found if not any(types.holds(t, "fn") for _, t in c.function.params)]

    def tests(self):
        out = []
        for c in self.entries():
            asked = Asked(self.generator, c)
            self.compared += asked.compared
            out += [f'test "{c.name}" {{', *asked.lines, "}"]
        return out

    def text(self):
        return "\n".join(self.declarations() + self.tests()) + "\n"


class Asked:
    """The body of a test: it calls `c` a few times, and looks at the state then."""

    def __init__(self, generator, c):
        self.g, self.c, self.lines, self.compared = generator, c, [], 0
        self.machine = evaluate.Machine()
        try:
            self.machine.bind(self.g.deployments, self.g.bindings)
            self.machine.world.run(self.all())
        except values.Unspecified:
            pass
        if not self.lines:
            self.lines.append("  assert true")

    async def all(self):
        self.frame = Frame(self.machine.world.running)
        for number in range(ASKS):
            await self.ask(number)
            if self.machine.world.unsure:
                raise values.Unspecified("what was still done")
        await self.machine.world.sleep(HOUR)
        self.lines.append("  sleep(1h)")
        await self.look()

    async def ask(self, number):
        world, f = self.machine.world, self.c.function
        args = [self.g.value(t) for _, t in f.params]
        given = ", ".join(values.literal(t, v) for (_, t), v in zip(f.params, args))
        name = f"{self.c.app}.{self.c.name}" if self.c.app else self.c.name
        shown, begin = f"repr({name}({given}))", world.now
        lines = [f"  let t{number} = clock()"]
        try:
            result = values.python_form(f.result, await self.value(args))
            lines.append(f"  assert {shown} == {values.quote(result)}")
            self.compared += 1
        except values.Failure as e:
            lines += failing(shown, number, e, e.vague)
            if e.vague:
                self.lines += lines
                raise values.Unspecified("which error it is")
        took = values.literal(types.DURATION, world.now - begin)
        self.lines += lines + [f"  assert clock() - t{number} == {took}"]

    async def value(self, args):
        f = self.c.function
        if f.word == "fn" and not self.c.binding:
            return await self.machine.call(f, args)
        replica = self.machine.replicas.get(self.c.binding)
        return await self.machine.need(self.machine.start(f, args, replica, self.frame))

    async def look(self):
        for b in self.g.bindings:
            if hasattr(b.of, "peek"):
                replica = self.machine.replicas[b.key]
                state = tuple(replica.state[name] for name, _, _ in b.of.state)
                shown = values.quote(values.python_form(b.of.peek.result, state))
                self.lines.append(f"  assert repr({b.key}.peek()) == {shown}")


def failing(shown, number, e, vague):
    said = f"said{number}"
    expected = values.quote(f"{e.kind} {e.status} {e.message}")
    return [f'  var {said} = ""',
            f'  try {{ {said} = {shown} }} else e '
            f'{{ {said} = "{{e.kind}} {{e.status}} {{e.message}}" }}',
            f"  assert starts_with({said}, \"user \")" if vague else
            f"  assert {said} == {expected}"]
