"""Random graphs: as long as their longest path, and each node runs once.

The generator knows of every value what it is and when it is there. The program
asserts both in virtual time, and `sgc explain` must say the same number.
"""
import pathlib
import random
import re
import tempfile
import unittest

from support import LONG, SGC, run

HEAD = """\
deployment Node(wait: duration, add: int) {
  max_ongoing_requests: 100000
  state n: int = 0
  fn one(x: int) -> int = work(x)
  fn two(x: int, y: int) -> int = work(3 * x + y)
  fn many(xs: [int]) -> int = work(sum(xs))
  fn work(x: int) -> int {
    n += 1
    sleep(wait)
    return (x + add) % 1000003
  }
  fn count() -> int = n
}

"""


class Value:
    def __init__(self, text, value, at):
        self.text, self.value, self.at = text, value, at  # at: ms after the start


class Graph:
    def __init__(self, seed, size, choices):
        self.random = random.Random(seed)
        self.size, self.choices = size, choices
        self.lines, self.binds, self.runs = [], [], []
        self.argument = self.random.randrange(1000)
        self.values = [Value("x", self.argument, 0)]
        self.unread = []
        while len(self.binds) < size:
            self.let()
        self.result = sum(v.value for v in self.unread)
        self.takes = max(v.at for v in self.unread)
        self.lines.append("return " + " + ".join(v.text for v in self.unread))

    def let(self):
        kind = self.random.random()
        if kind < 0.25:
            v = self.glue(0)
        elif kind < 0.4 and self.choices:
            v = self.choice()
        else:
            v = self.call(0)
        name = f"v{len(self.lines)}"
        self.lines.append(f"let {name} = {v.text}")
        v = Value(name, v.value, v.at)
        self.values.append(v)
        self.unread.append(v)

    # Mostly a new one, so that graphs are deep as well as wide.
    def pick(self):
        n = len(self.values)
        back = int(self.random.expovariate(1 / 8))
        if self.random.random() < 0.7 and back < n:
            return self.values[n - 1 - back]
        return self.random.choice(self.values)

    def read(self):
        v = self.pick()
        if v in self.unread:
            self.unread.remove(v)
        return v

    def operand(self, depth):
        kind = self.random.random()
        if depth < 3 and kind < 0.2:
            return self.glue(depth + 1)
        if depth < 3 and kind < 0.4 and len(self.binds) < self.size:
            return self.call(depth + 1)
        return self.read()

    def glue(self, depth):
        a, b = self.operand(depth), self.operand(depth)
        at, kind = max(a.at, b.at), self.random.randrange(5)
        if kind == 0:
            return Value(f"({a.text} + {b.text})", a.value + b.value, at)
        if kind == 1:
            return Value(f"max({a.text}, {b.text})", max(a.value, b.value), at)
        if kind == 2:
            return Value(f"sum([{a.text}, 1, {b.text}])", a.value + b.value + 1, at)
        if kind == 3:
            return Value(f"({a.text} - {b.text}) % 1009", (a.value - b.value) % 1009, at)
        return Value(f"len(\"{{{a.text}}}{{{b.text}}}\")",
                     len(f"{a.value}{b.value}"), at)

    def node(self, runs):
        wait, add = self.random.randrange(500), self.random.randrange(100)
        name = f"n{len(self.binds)}"
        self.binds.append(f"bind {name} = Node({wait}ms, {add})")
        self.runs.append(int(runs))
        return name, wait, add

    def call(self, depth, runs=True, first=0, operand=None):
        """A call that begins at `first` or when its arguments are there."""
        operand = operand or (lambda: self.operand(depth))
        name, wait, add = self.node(runs)
        form = self.random.choice(["one", "two", "many"])
        count = {"one": 1, "two": 2, "many": self.random.randrange(1, 5)}[form]
        args = [operand() for _ in range(count)]
        texts, values = [a.text for a in args], [a.value for a in args]
        x = values[0] * 3 + values[1] if form == "two" else sum(values)
        given = ", ".join(texts) if form != "many" else f"[{', '.join(texts)}]"
        at = max([first] + [a.at for a in args]) + wait
        return Value(f"{name}.{form}({given})", (x + add) % 1000003, at)

    # What only a branch reads is not known to be needed: it stays unread.
    def branch(self, taken, since):
        kind = self.random.randrange(3)
        if kind == 0:
            v = self.pick()
            return Value(v.text, v.value, max(since, v.at))
        inner = self.pick
        if kind == 2:
            inner = lambda: self.call(3, taken, since, self.pick)
        return self.call(3, taken, since, inner)

    def choice(self):
        c, limit = self.read(), self.random.randrange(1500)
        yes = c.value > limit
        a, b = self.branch(yes, c.at), self.branch(not yes, c.at)
        v = a if yes else b
        return Value(f"(if {c.text} > {limit} then {a.text} else {b.text})", v.value, v.at)

    def text(self):
        counts = ", ".join(f"g.n{i}.count()" for i in range(len(self.binds)))
        return (HEAD + "app g {\n  " + "\n  ".join(self.binds)
                + "\n\n  graph main(x: int) -> int {\n    " + "\n    ".join(self.lines)
                + "\n  }\n  route GET \"/\" (x: int) -> main(x)\n}\n\n"
                + "test \"it\" {\n  let t = clock()\n"
                + f"  assert g.main({self.argument}) == {self.result}\n"
                + f"  assert clock() - t == {self.takes}ms\n"
                + f"  assert [{counts}] == {self.runs}\n}}\n")


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", text).groups()
    return round(float(number) * {"ms": 1, "s": 1000, "m": 60000}[unit])


def predicted(path):
    """What `sgc explain` says of the route: (least, most) milliseconds."""
    said = run(SGC, "explain", path).stdout
    found = re.search(r"^GET /: (?:(\S+) to )?(\S+)$", said, re.M)
    if not found:
        raise AssertionError(said[:500])
    most = milliseconds(found[2])
    return milliseconds(found[1]) if found[1] else most, most


class RandomGraphs(unittest.TestCase):
    def check(self, seed, size, choices):
        graph = Graph(seed, size, choices)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "graph.sg"
            path.write_text(graph.text())
            done = run(SGC, "test", "-W", "no-unused-name", path)
            self.assertIn("1 passed, 0 failed", done.stdout,
                          f"seed {seed}, size {size}\n{done.stdout}{done.stderr}")
            self.predicts(graph, path)

    def predicts(self, graph, path):
        low, high = predicted(path)
        if not graph.choices:
            self.assertEqual((low, high), (graph.takes, graph.takes))
        self.assertLessEqual(low, graph.takes)
        self.assertGreaterEqual(high, graph.takes)

    def check_all(self, count, first, size, choices):
        for seed in range(first, first + count):
            with self.subTest(seed=seed):
                self.check(seed, size(seed), choices)

    def test_small_ones(self):
        self.check_all(300 if LONG else 20, 0, lambda seed: 1 + seed % 12, False)

    def test_with_choices(self):
        self.check_all(300 if LONG else 20, 1000, lambda seed: 2 + seed % 20, True)

    def test_large_ones(self):
        self.check_all(60 if LONG else 4, 2000, lambda seed: 200, False)
        self.check_all(60 if LONG else 4, 3000, lambda seed: 200, True)


if __name__ == "__main__":
    unittest.main()
