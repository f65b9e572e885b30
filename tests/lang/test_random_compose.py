"""Random compositions, nested as they come, against a model of what they mean: the
result, how often each node is called, and when the answer is there.

The model knows nothing of strands: it walks the expression with a clock. What ends
a loop or a graph ends it at that moment, so that calls which were to begin later in
other branches are not made.
"""
import pathlib
import random
import re
import tempfile
import unittest

from support import LONG, SGC, run

M = 1000003
HEAD = f"""\
deployment Node(wait: duration, add: int) {{
  max_ongoing_requests: 100000
  state n: int = 0
  fn run(x: int) -> int {{
    n += 1
    sleep(wait)
    return (x * 3 + add) % {M}
  }}
  fn count() -> int = n
}}
deployment Guard(wait: duration, m: int) {{
  max_ongoing_requests: 100000
  state n: int = 0
  fn run(x: int) -> step int {{
    n += 1
    sleep(wait)
    return if x % m == 0 then respond(x + 1) else next((x + 7) % {M})
  }}
  fn count() -> int = n
}}
deployment Ender(wait: duration, m: int) {{
  max_ongoing_requests: 100000
  state n: int = 0
  fn run(x: int) -> step int {{
    n += 1
    sleep(wait)
    if x % m == 0 {{ return end_loop(x + 2) }}
    return (x + 11) % {M}
  }}
  fn count() -> int = n
}}
deployment Either(wait: duration, m: int) {{
  max_ongoing_requests: 100000
  state n: int = 0
  fn run(x: int) -> step int {{
    n += 1
    sleep(wait)
    return match x % m {{ 0 -> end_loop(x + 3), 1 -> respond(x + 4), _ -> x + 5 }}
  }}
  fn count() -> int = n
}}
fn same(x: int) -> int = x
fn apply(f: fn(int) -> int, x: int) -> int = f(x)
"""


class Leaf:
    """A call of a deployment of its own."""

    def __init__(self, g, kind):
        self.kind, self.name = kind, f"n{len(g.binds)}"
        self.wait, self.m = g.random.randrange(1000, 90000), g.random.randrange(2, 6)
        g.binds.append(f"bind {self.name} = {kind}({self.wait}us, {self.m})")
        g.leaves.append(self)

    def text(self):
        return self.name

    def run(self, x, at, calls):
        calls.append((self.name, at))
        at += self.wait
        m = self.m
        if self.kind == "Node":
            return "next", (x * 3 + m) % M, at
        if self.kind == "Guard":
            return ("respond", x + 1, at) if x % m == 0 else ("next", (x + 7) % M, at)
        if self.kind == "Ender":
            return ("end", x + 2, at) if x % m == 0 else ("next", (x + 11) % M, at)
        return {0: ("end", x + 3, at), 1: ("respond", x + 4, at)}.get(
            x % m, ("next", x + 5, at))


class Plain:
    """What takes no time: a function, a lambda, one of the language."""

    def __init__(self, g):
        self.kind = g.random.randrange(3)
        self.k = g.random.randrange(1, 50)
        self.name = f"f{len(g.fns)}"
        if self.kind == 0:
            g.fns.append(f"fn {self.name}(x: int) -> int = (x + {self.k}) % {M}")

    def text(self):
        return {0: self.name, 1: f"(fn(x: int) = x * 2 + {self.k})", 2: "abs"}[self.kind]

    def run(self, x, at, calls):
        return "next", {0: (x + self.k) % M, 1: x * 2 + self.k, 2: x}[self.kind], at


class Same:
    """Says what comes in, where nothing else does."""

    def text(self):
        return "same"

    def run(self, x, at, calls):
        return "next", x, at


class Chain:
    def __init__(self, parts):
        self.parts = parts

    def text(self):
        return " | ".join(p.text() if not isinstance(p, Chain) else f"({p.text()})"
                          for p in self.parts)

    def run(self, x, at, calls):
        how = "next"
        for part in self.parts:
            how, x, at = part.run(x, at, calls)
            if how != "next":
                break
        return how, x, at


def named(parts):
    return [f"({p.text()} as k{i})" for i, p in enumerate(parts)]


class Both:
    """Branches side by side, and what joins their results."""

    def __init__(self, parts):
        self.parts = parts

    def text(self):
        sums = " + ".join(f"r.k{i} * {i + 2}" for i in range(len(self.parts)))
        return f"({' & '.join(named(self.parts))} | (fn(r) = ({sums}) % {M}))"

    def run(self, x, at, calls):
        ends, mine = [], []
        for part in self.parts:
            mine.append([])
            ends.append(part.run(x, at, mine[-1]))
        out = [e for e in ends if e[0] != "next"]
        first = min(out, key=lambda e: e[2]) if out else None
        for branch in mine:
            calls += [c for c in branch if not first or c[1] <= first[2]]
        if first:
            return first
        value = sum(e[1] * (i + 2) for i, e in enumerate(ends)) % M
        return "next", value, max(e[2] for e in ends)


class Choice:
    def __init__(self, g, parts):
        self.parts, n = parts, len(parts)
        self.words = g.random.random() < 0.5
        self.name = f"pick{len(g.fns)}"
        kind = " | ".join(f'"k{i}"' for i in range(n)) if self.words else "str"
        arms = "".join(f'if x % {n} == {i} then "k{i}" else ' for i in range(n - 1))
        g.fns.append(f'fn {self.name}(x: int) -> {kind} = {arms}"k{n - 1}"')

    def text(self):
        return f"({' / '.join(named(self.parts))} by {self.name})"

    def run(self, x, at, calls):
        return self.parts[x % len(self.parts)].run(x, at, calls)


class Loop:
    def __init__(self, parts, limit):
        self.chain, self.limit = Chain(parts), limit

    def text(self):
        parts = ", ".join(p.text() for p in self.chain.parts)
        return f"loop({parts}, max_iter: {self.limit})"

    def run(self, x, at, calls):
        for _ in range(self.limit):
            how, x, at = self.chain.run(x, at, calls)
            if how != "next":
                return ("next" if how == "end" else how), x, at
        return "next", x, at


class Named:
    """A graph without parameters: what responds in it ends it alone."""

    def __init__(self, g, inner):
        self.inner, self.name = Chain([Same(), inner]), f"g{len(g.graphs)}"
        inner, form = self.inner, g.random.choice(["graph", "bind"])
        g.graphs.append(f"{form} {self.name} = {inner.text()}")

    def text(self):
        return self.name

    def run(self, x, at, calls):
        _, x, at = self.inner.run(x, at, calls)
        return "next", x, at


class Program:
    def __init__(self, seed, size):
        self.random = random.Random(seed)
        self.left = size
        self.binds, self.fns, self.graphs, self.leaves = [], [], [], []
        self.e = Chain([Same(), self.node(0, False)])
        self.other = Chain([Same(), self.node(0, False)])
        self.inputs = [self.random.randrange(100000) for _ in range(3)]

    def some(self, low, high, depth, looped):
        return [self.node(depth + 1, looped)
                for _ in range(self.random.randint(low, high))]

    def node(self, depth, looped):
        kind = self.random.random()
        self.left -= 1
        if depth > 5 or self.left < 0 or kind < 0.3:
            return self.leaf(looped)
        if kind < 0.5:
            return Chain(self.some(2, 4, depth, looped))
        if kind < 0.68:
            return Both(self.some(2, 3, depth, looped))
        if kind < 0.8:
            return Choice(self, self.some(1, 3, depth, looped))
        if kind < 0.93:
            return Loop(self.some(1, 3, depth, True), self.random.randint(1, 4))
        return Named(self, self.node(depth + 1, False))

    def leaf(self, looped):
        kinds = ["Node"] * 4 + ["Guard"] + ["Plain"] + (["Ender", "Either"] if looped else [])
        kind = self.random.choice(kinds)
        return Plain(self) if kind == "Plain" else Leaf(self, kind)

    # ---- what it must come to ----

    def counts(self, calls):
        names = [n for n, _ in calls]
        return [names.count(leaf.name) for leaf in self.leaves]

    def graph_body(self, x):
        """let a = (e)(x), b = (other)(x + 1): a response of either ends it."""
        a, b = [], []
        ends = [self.e.run(x, 0, a), self.other.run(x + 1, 0, b)]
        out = [e for e in ends if e[0] != "next"]
        if out:
            first = min(out, key=lambda e: e[2])
            calls = [c for c in a + b if c[1] <= first[2]]
            return first[1], first[2], calls
        return ends[0][1] * 5 + ends[1][1], max(ends[0][2], ends[1][2]), a + b

    def body(self, x):
        a, b = [], []
        ends = [self.e.run(x, 0, a), self.other.run(x + 1, 0, b)]
        return ends[0][1] * 5 + ends[1][1], max(ends[0][2], ends[1][2]), a + b

    def alone(self, x):
        calls = []
        _, value, at = self.e.run(x, 0, calls)
        return value, at, calls

    def cases(self):
        for x in self.inputs:
            yield f"assert t.whole({x}) == ", self.alone(x)
            yield f"assert t.parts({x}) == ", self.graph_body(x)
            yield f"assert t.made.run({x}) == ", self.body(x)
            yield f"assert apply(t.whole | abs, {x}) == ", self.alone(x)

    def text(self):
        e, other = self.e.text(), self.other.text()
        app = [*self.binds, *self.graphs, f"graph whole = {e}",
               f"graph parts(x: int) -> int {{\n    let a = ({e})(x)\n"
               f"    let b = ({other})(x + 1)\n    return a * 5 + b\n  }}",
               "bind made = Made()", "route GET \"/\" -> whole"]
        made = ("deployment Made() {\n  max_ongoing_requests: 1000\n"
                f"  fn run(x: int) -> int {{\n    let a = ({e})(x)\n"
                f"    let b = ({other})(x + 1)\n    return a * 5 + b\n  }}\n}}\n")
        for name in (leaf.name for leaf in self.leaves):
            made = re.sub(rf"\b{name}\b", f"t.{name}", made)
        for g in self.graphs:
            made = re.sub(rf"\b{g.split()[1]}\b", f"t.{g.split()[1]}", made)
        out = HEAD + "\n".join(self.fns) + "\n" + made + "app t {\n  "
        out += "\n  ".join(app) + "\n}\n"
        for i, (assertion, (value, at, calls)) in enumerate(self.cases()):
            out += (f'test "{i}" {{\n  let begin = clock()\n  {assertion}{value}\n'
                    f"  assert clock() - begin == {at}us\n  assert ["
                    + ", ".join(f"t.{leaf.name}.count()" for leaf in self.leaves)
                    + f"] == {self.counts(calls)}\n}}\n")
        return out


def microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return round(float(number) * {"us": 1, "ms": 1000, "s": 10**6, "m": 6 * 10**7}[unit])


class RandomCompositions(unittest.TestCase):
    def check(self, seed, size):
        program = Program(seed, size)
        if not program.leaves:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "compose.sg"
            path.write_text(program.text())
            done = run(SGC, "test", "-W", "no-unused-name", "-W", "no-unused-binding", path)
            self.assertRegex(done.stdout, r"\n12 passed, 0 failed",
                             f"seed {seed}, size {size}\n{done.stdout}{done.stderr}")
            self.predicts(program, path)

    def predicts(self, program, path):
        said = run(SGC, "explain", path).stdout
        found = re.search(r"^GET /: (?:(\S+) to )?(\S+)$", said, re.M)
        self.assertTrue(found, said[:300])
        high = microseconds(found[2])
        low = microseconds(found[1]) if found[1] else high
        for x in program.inputs:
            at = program.alone(x)[1]
            self.assertLessEqual(low, at)
            self.assertGreaterEqual(high, at)

    def check_all(self, count, first, size):
        for seed in range(first, first + count):
            with self.subTest(seed=seed):
                self.check(seed, size(seed))

    def test_small_ones(self):
        self.check_all(400 if LONG else 40, 0, lambda seed: 2 + seed % 9)

    def test_large_ones(self):
        self.check_all(200 if LONG else 12, 1000, lambda seed: 30 + seed % 40)


if __name__ == "__main__":
    unittest.main()
