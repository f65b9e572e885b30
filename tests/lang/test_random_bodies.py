"""Random bodies: statements in order, calls under way until a value is needed.

As with graphs, the generator knows every value and every moment; the program
asserts them in virtual time, and `sgc explain` says how long it takes.
"""
import pathlib
import random
import tempfile
import unittest

from support import LONG, SGC, run
from test_random_graphs import HEAD, Value, predicted


class Body:
    def __init__(self, seed, size, choices):
        self.random = random.Random(seed)
        self.choices = choices
        self.binds, self.lines = [], []
        self.names, self.now = 0, 0
        self.argument = self.random.randrange(1000)
        self.var = 0
        self.block([Value("x", self.argument, 0)], size, "    ")

    # Values are there at `at`; who needs one waits until then.
    def need(self, *values):
        self.now = max([self.now] + [v.at for v in values])

    def bind(self, wait, add):
        name = f"n{len(self.binds)}"
        self.binds.append(f"bind {name} = Node({wait}ms, {add})")
        return f"g.{name}"

    def call(self, values):
        wait, add = self.random.randrange(300), self.random.randrange(100)
        name = self.bind(wait, add)
        args = [self.operand(values, 0.15) for _ in range(self.random.randrange(1, 4))]
        form = "one" if len(args) == 1 else "two" if len(args) == 2 else "many"
        given = ", ".join(a.text for a in args)
        numbers = [a.value for a in args]
        x = 3 * numbers[0] + numbers[1] if form == "two" else sum(numbers)
        start = max([self.now] + [a.at for a in args])
        return Value(f"{name}.{form}({f'[{given}]' if form == 'many' else given})",
                     (x + add) % 1000003, start + wait)

    def operand(self, values, calls=0.4):
        if self.random.random() < calls:
            return self.call(values)
        if self.random.random() < 0.1:
            number = self.random.randrange(50)
            return Value(str(number), number, 0)
        return self.random.choice(values[-6:])

    # All calls of an expression are under way before the first is waited for.
    def glue(self, values):
        parts = [self.operand(values) for _ in range(self.random.randrange(2, 5))]
        kind = self.random.randrange(3)
        self.need(*parts)
        if kind == 0:
            return Value(" + ".join(p.text for p in parts), sum(p.value for p in parts), 0)
        if kind == 1:
            text = "".join(f"{{{p.text}}}" for p in parts)
            if any(p.text.isdigit() for p in parts):
                return Value(f"sum([{', '.join(p.text for p in parts)}])",
                             sum(p.value for p in parts), 0)
            return Value(f'len("{text}")', len("".join(str(p.value) for p in parts)), 0)
        return Value(f"sum([{', '.join(p.text for p in parts)}])",
                     sum(p.value for p in parts), 0)

    def add(self, indent, line):
        self.lines.append(indent + line)

    def let(self, values, indent, v):
        self.names += 1
        self.add(indent, f"let v{self.names} = {v.text}")
        values.append(Value(f"v{self.names}", v.value, v.at))

    def listed(self, values, indent):
        parts = [self.operand(values) for _ in range(self.random.randrange(1, 4))]
        self.names += 1
        name = f"v{self.names}"
        self.add(indent, f"let {name} = [{', '.join(p.text for p in parts)}]")
        i = self.random.randrange(len(parts))
        values.append(Value(f"{name}[{i}]", parts[i].value, parts[i].at))

    def waits(self, values, indent):
        ms = self.random.randrange(200)
        self.add(indent, f"sleep({ms}ms)")
        self.now += ms

    def assign(self, values, indent):
        v = self.glue(values)
        self.add(indent, f"r = r + {v.text}")
        self.var += v.value

    def effect(self, values, indent):
        v = self.call(values)
        self.need(v)
        self.add(indent, v.text)

    # Both branches are made; what happens in the one that is not taken, does not.
    def branch(self, values, indent, size):
        c, limit = self.random.choice(values[-6:]), self.random.randrange(1500)
        self.need(c)
        self.add(indent, f"if {c.text} > {limit} {{")
        for taken in c.value > limit, c.value <= limit:
            before = self.now, self.var
            self.block(list(values), size, indent + "  ")
            if not taken:
                self.now, self.var = before
            self.add(indent, "} else {")
        self.lines[-1] = indent + "}"

    def loop(self, values, indent):
        n = self.random.randrange(4)
        wait, add = self.random.randrange(100), 1
        name = self.bind(wait, add)
        self.add(indent, f"for i in range({n}) {{")
        self.add(indent, f"  r = r + {name}.one(i)")
        self.add(indent, "}")
        self.now += n * wait
        self.var += sum(i + add for i in range(n))

    def block(self, values, size, indent):
        plain = [lambda: self.let(values, indent, self.call(values)),
                 lambda: self.let(values, indent, self.call(values)),
                 lambda: self.let(values, indent, self.glue(values)),
                 lambda: self.listed(values, indent),
                 lambda: self.waits(values, indent),
                 lambda: self.assign(values, indent),
                 lambda: self.effect(values, indent),
                 lambda: self.loop(values, indent)]
        for _ in range(size):
            if self.choices and size > 2 and self.random.random() < 0.2:
                self.branch(values, indent, size // 3)
            else:
                self.random.choice(plain)()
        self.assign(values, indent)

    def text(self):
        return (HEAD + "deployment Body() {\n  fn main(x: int) -> int {\n    var r = 0\n"
                + "\n".join(self.lines) + "\n    return r\n  }\n}\n\n"
                + "app g {\n  " + "\n  ".join(self.binds) + "\n  bind body = Body()\n"
                + "  route GET \"/\" (x: int) -> body.main(x)\n}\n\n"
                + "test \"it\" {\n  let t = clock()\n"
                + f"  assert g.body.main({self.argument}) == {self.var}\n"
                + f"  assert clock() - t == {self.now}ms\n}}\n")


class RandomBodies(unittest.TestCase):
    def check(self, seed, size, choices):
        body = Body(seed, size, choices)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "body.sg"
            path.write_text(body.text())
            done = run(SGC, "test", "-W", "no-unused-name", path)
            self.assertIn("1 passed, 0 failed", done.stdout,
                          f"seed {seed}, size {size}\n{done.stdout}{done.stderr}")
            low, high = predicted(path)
        if not choices:
            self.assertEqual((low, high), (body.now, body.now))
        self.assertLessEqual(low, body.now)
        self.assertGreaterEqual(high, body.now)

    def test_straight_ones(self):
        for seed in range(400 if LONG else 30):
            with self.subTest(seed=seed):
                self.check(seed, 1 + seed % 25, False)

    def test_with_branches(self):
        for seed in range(1000, 1400 if LONG else 1030):
            with self.subTest(seed=seed):
                self.check(seed, 3 + seed % 25, True)


if __name__ == "__main__":
    unittest.main()
