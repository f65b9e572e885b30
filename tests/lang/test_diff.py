"""sgc diff: what a rollout would change."""
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, compile_plan, run

BASE = """type Review = { text: str, stars: int(ge: 1) = 5 }
type Order = "new" | "best"

fn twice(x: int) -> int = x * 2
fn helper(x: int) -> int = twice(x) + 1

deployment Model(weight: int, name: str = "m") {
  num_replicas: 2
  state calls: int = 0
  fn forward(x: int) -> int {
    calls += 1
    return helper(x) * weight
  }
  fn reset() { calls = 0 }
}

deployment rate(r: Review) -> int {
  sleep(5ms)
  return r.stars
}

app shop at "/shop" {
  bind model = Model(3)
  bind other = Model(4) { max_queued_requests: 10 }
  graph both(x: int) -> int = model.forward(x) + other.forward(x)

  /// Rates.
  route POST "/rate" (r: Review, order: Order = "new") with { request_timeout: 2s } -> "{rate(r)} {order}"
  route GET "/both/{x}" (x: int) -> both(x)
  route GET "/next" { return "x" as text }
}

server { max_body: 1MB }

test "it works" { assert twice(2) == 4 }
"""


class Diff(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.old = self.folder / "old.sg"
        self.old.write_text(BASE)
        self.new = self.folder / "new.sg"

    def edited(self, *edits):
        text = BASE
        for a, b in edits:
            self.assertIn(a, text)
            text = text.replace(a, b)
        self.new.write_text(text)
        return self.new

    def changes(self, *edits):
        """{(change, of, name): {what: (from, to, restart, breaks)}}"""
        done = run(SGC, "diff", "--json", self.old, self.edited(*edits))
        said = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if said["same"] else 1, done.stderr)
        self.assertEqual(said["same"], not said["changes"])
        for c in said["changes"]:
            for flag in ("restart", "breaks_clients"):
                if c["details"]:
                    self.assertEqual(c[flag], any(d[flag] for d in c["details"]), c)
        return {(c["change"], c["of"], c.get("name")): {
            d["what"]: (d.get("from"), d.get("to"), d["restart"], d["breaks_clients"])
            for d in c["details"]} for c in said["changes"]}

    def same(self, *edits):
        self.assertEqual(self.changes(*edits), {})
        done = run(SGC, "diff", self.old, self.new)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_what_does_not_count(self):
        self.same()
        self.same(("fn twice", "// a comment\n\n\nfn twice"))
        self.same(("/// Rates.", "/// Rates reviews."))
        self.same(("it works", "it does"), ("twice(2) == 4", "twice(3) == 6"))
        self.same(("helper", "one_more"))
        self.same(("max_body: 1MB", "max_body: 1000KB"))
        self.same(("Model(3)", 'Model(weight: 3, name: "m")'))
        self.same(("num_replicas: 2", "num_replicas: 2\n  max_queued_requests: 1000"))

    def test_order_does_not_count(self):
        parts = re.split(r"\n\n(?=type|fn|deployment|app|server|test)", BASE.strip())
        self.new.write_text("\n\n".join(reversed(parts)) + "\n")
        done = run(SGC, "diff", self.old, self.new)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_settings(self):
        self.assertEqual(self.changes(("num_replicas: 2", "num_replicas: 3")), {
            ("changed", "deployment", "model"): {"num_replicas": ("2", "3", False, False)},
            ("changed", "deployment", "other"): {"num_replicas": ("2", "3", False, False)}})
        self.assertEqual(self.changes(("{ max_queued_requests: 10 }", "{ max_ongoing_requests: 5 }")), {
            ("changed", "deployment", "other"): {
                "max_queued_requests": ("10", "1000 (default)", False, False),
                "max_ongoing_requests": ("not set", "5", False, False)}})
        self.assertEqual(self.changes(("num_replicas: 2", "num_replicas: 2\n  resources: { cpus: 2 }")), {
            ("changed", "deployment", n): {"resources.cpus": ("not set", "2.0", True, False)}
            for n in ("model", "other")})
        self.assertEqual(self.changes(("request_timeout: 2s", "request_timeout: 1s")), {
            ("changed", "route", "POST /shop/rate"): {"request_timeout": ("2s", "1s", False, False)}})
        self.assertEqual(self.changes(("max_body: 1MB", 'listen: "127.0.0.1:9"')), {
            ("changed", "server", None): {
                "listen": ('"127.0.0.1:8000" (default)', '["127.0.0.1:9"]', True, False),
                "max_body": ("1MB", "16MB (default)", False, False)}})

    def test_code(self):
        both = {("changed", "deployment", n): {"code of forward": (None, None, True, False)}
                for n in ("model", "other")}
        self.assertEqual(self.changes(("helper(x) * weight", "helper(x) + weight")), both)
        self.assertEqual(self.changes(("x * 2", "x * 3")), both)  # two helpers away
        self.assertEqual(self.changes(("5ms", "6ms")), {
            ("changed", "deployment", "rate"): {"code of run": (None, None, True, False)}})
        self.assertEqual(self.changes(("model.forward(x) + other", "other.forward(x) - other")), {
            ("changed", "graph", "both"): {"code of run": (None, None, False, False)}})
        self.assertEqual(self.changes(('"x" as text', '"y" as text')), {
            ("changed", "route", "GET /shop/next"): {"code": (None, None, False, False)}})

    def test_deployments(self):
        self.assertEqual(self.changes(("Model(3)", 'Model(5, "n")')), {
            ("changed", "deployment", "model"): {
                "arguments": ('(3, "m")', '(5, "n")', True, False)}})
        found = self.changes(("state calls: int = 0", "state calls: int = 1"))
        self.assertEqual(found[("changed", "deployment", "model")],
                         {"code of its start": (None, None, True, False)})
        found = self.changes(("fn reset() { calls = 0 }", "fn set(n: int) { calls = n }"))
        self.assertEqual(found[("changed", "deployment", "model")], {
            "fn set": (None, "(n: int) -> none", True, False),
            "fn reset": ("() -> none", None, True, False)})
        found = self.changes(("forward(x: int)", "forward(x: float)"), ("helper(x) *", "int(x) *"))
        self.assertEqual(found[("changed", "deployment", "other")], {
            "fn forward": ("(x: int) -> int", "(x: float) -> int", True, False)})
        found = self.changes(("  bind other", "  bind third = Model(1)\n  bind other"))
        self.assertEqual(found, {("added", "deployment", "third"): {}})
        found = self.changes(("bind model = Model(3)", "bind model = Model(3)\n  bind one = Model(1)"),
                             ("other = Model(4) { max_queued_requests: 10 }", "two = Model(4)"),
                             ("other.forward", "two.forward"))
        self.assertEqual(set(found), {
            ("added", "deployment", "one"), ("added", "deployment", "two"),
            ("removed", "deployment", "other"), ("changed", "graph", "both")})
        found = self.changes(("deployment Model(", "deployment Modell("), ("= Model(", "= Modell("))
        self.assertEqual(found[("changed", "deployment", "model")]["is"], ("Model", "Modell", True, False))

    def test_routes(self):
        self.assertEqual(self.changes(('route GET "/next"', 'route GET "/more"')), {
            ("added", "route", "GET /shop/more"): {}, ("removed", "route", "GET /shop/next"): {}})
        done = json.loads(run(SGC, "diff", "--json", self.old, self.new).stdout)
        self.assertEqual([c["breaks_clients"] for c in done["changes"]], [False, True])
        name = ("changed", "route", "GET /shop/both/{x}")
        found = self.changes(("(x: int) -> both(x)", "(x: int(ge: 0), y: int) -> both(x + y)"))
        self.assertEqual(found[name], {
            "parameter x": ("int in path", "int(ge: 0) in path", False, True),
            "parameter y": (None, "int in query", False, True), "code": (None, None, False, False)})
        found = self.changes(("(x: int) -> both(x)", "(x: int, y: int = 1) -> both(x)"))
        self.assertEqual(found[name]["parameter y"], (None, "int in query = 1", False, False))
        found = self.changes(("(x: int) -> both(x)", '(x: int) -> "{both(x)}"'))
        self.assertEqual(found[name]["answers"], ("int", "str", False, True))
        found = self.changes(('"x" as text', '"x" as html'))
        self.assertIn("changed", str(found))
        found = self.changes(('order: Order = "new"', 'order: Order in body = "new"'))
        self.assertIn("body", found[("changed", "route", "POST /shop/rate")])

    def test_types(self):
        found = self.changes(("stars: int(ge: 1) = 5", "stars: int(ge: 0) = 5"))
        self.assertEqual(found[("changed", "route", "POST /shop/rate")],
                         {"type Review": (None, None, False, True)})
        self.assertEqual(found[("changed", "type", "Review")]["is"][:2],
                         ("{ text: str, stars: int(ge: 1) = 5 }",
                          "{ text: str, stars: int(ge: 0) = 5 }"))

    def test_apps(self):
        found = self.changes(('app shop at "/shop"', 'app shop at "/store"'))
        self.assertEqual(found[("changed", "app", "shop")], {"prefix": ("/shop", "/store", False, False)})
        self.assertIn(("removed", "route", "GET /shop/next"), found)
        found = self.changes(("app shop at", "app store at"))
        self.assertIn(("added", "app", "store"), found)
        self.assertIn(("removed", "app", "shop"), found)
        self.assertEqual(found[("changed", "route", "GET /shop/next")]["app"], ("shop", "store", False, False))

    def test_for_people(self):
        done = run(SGC, "diff", self.old, self.edited(("num_replicas: 2", "num_replicas: 3"),
                                                      ("5ms", "6ms"), ('route GET "/next"', 'route PUT "/next"')))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, """+ route PUT /shop/next
- route GET /shop/next (clients may fail)
~ deployment shop.model
    num_replicas: 2 -> 3
~ deployment shop.other
    num_replicas: 2 -> 3
~ deployment shop.rate: its replicas start anew
    code of run changes

2 routes, 3 deployments to change; replicas of 1 deployment start anew
""")

    def test_types_by_their_names(self):
        """A line of a function names declared types; what they are like has lines of its own."""
        old = """
type Cart = { items: [int] }
deployment Shop() { fn buy(cart: Cart, carts: [Cart]?) -> Cart = cart }
app a {
  bind shop = Shop()
  route POST "/" (cart: Cart) -> shop.buy(cart, none)
}
"""
        def told(*edits):
            new = old
            for was, is_ in edits:
                self.assertIn(was, new)
                new = new.replace(was, is_)
            self.old.write_text(old)
            self.new.write_text(new)
            return run(SGC, "diff", self.old, self.new).stdout
        wider = told(("[int] }", "[int], note: str? = none }"))
        self.assertIn("\n    types of buy changes\n", wider)
        self.assertIn("is: { items: [int] } -> { items: [int], note: str? = none }\n", wider)
        more = told(("carts: [Cart]?)", "carts: [Cart]?, _n: int)"), ("none)", "none, 1)"))
        self.assertIn("fn buy: (cart: Cart, carts: [Cart]?) -> Cart -> "
                      "(cart: Cart, carts: [Cart]?, _n: int) -> Cart\n", more)

    def test_plans_and_programs(self):
        plan = compile_plan(self.old, self.folder)
        self.edited(("5ms", "6ms"))
        other = compile_plan(self.new, self.folder)
        wanted = run(SGC, "diff", self.old, self.new).stdout
        for a, b in ((plan, other), (plan, self.new), (self.old, other)):
            self.assertEqual(run(SGC, "diff", a, b).stdout, wanted)
        self.assertEqual(run(SGC, "diff", plan, self.old).returncode, 0)
        done = run(SGC, "diff", plan, "-", input=self.new.read_text())
        self.assertEqual(done.stdout, wanted)

    def test_examples_are_what_they_are(self):
        seen = 0
        for path in sorted((ROOT / "examples").glob("*/*.sg")):
            if run(SGC, path).returncode:
                continue
            seen += 1
            for used in path.parent.glob("*.sg"):
                (self.folder / used.name).write_text(used.read_text())
            copy = self.folder / path.name
            copy.write_text("// moved\n\n\n" + path.read_text().replace('use "./', f'use "{path.parent}/'))
            done = run(SGC, "diff", path, copy)
            self.assertEqual((done.returncode, done.stdout), (0, ""), path)
            done = run(SGC, "diff", path, self.old, "--json")
            self.assertEqual(done.returncode, 1)
            json.loads(done.stdout)
        self.assertGreater(seen, 8)

    def test_trouble(self):
        """2, as diff has it: 1 would say that they differ."""
        wrong = self.folder / "wrong.sg"
        wrong.write_text("app a { route GET \"/\" -> nothing }\n")
        cut = self.folder / "cut.plan"
        cut.write_bytes(compile_plan(self.old, self.folder).read_bytes()[:-9])
        for args in ((self.old, wrong), (wrong, self.old), (self.old, cut), (cut, self.old),
                     (self.old, self.folder / "none"), (self.old,), (), (self.old, self.old, self.old)):
            done = run(SGC, "diff", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertTrue(done.stderr)


if __name__ == "__main__":
    unittest.main()
