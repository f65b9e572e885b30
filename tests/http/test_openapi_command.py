"""sgc openapi: what the runtime serves under /openapi.json, byte for byte."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ROOT, SGC, SGRUN, Server, compile_plan, run

EXAMPLES = ROOT / "examples"
TWO = """/// Adds.
app one at "/one" {
  /// Adds one.
  route GET "/add" (x: int(ge: 0)) -> x + 1
}
app two at "/two" { route POST "/say" (x: { text: str }) -> x.text }
app root { route GET "/" -> "hello" }
"""


class OpenApi(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def printed(self, *args):
        done = run(SGC, "openapi", *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        json.loads(done.stdout)
        return done.stdout.encode()

    def served(self, plan, path):
        with Server(plan) as s:
            return s.request("GET", path)[2]

    def test_examples(self):
        for name in ("tutorial", "store", "reviews", "branching"):
            source = EXAMPLES / name / f"{name}.sg"
            plan = compile_plan(source, self.folder)
            served = self.served(plan, "/openapi.json")
            self.assertEqual(self.printed(source), served, name)
            self.assertEqual(self.printed(plan), served, name)

    def test_one_app_of_several(self):
        plan = compile_plan(TWO, self.folder)
        source = self.folder / "program.sg"
        self.assertEqual(self.printed(source), self.served(plan, "/openapi.json"))
        for app in ("one", "two"):
            served = self.served(plan, f"/{app}/openapi.json")
            self.assertEqual(self.printed(source, "--app", app), served)
            self.assertEqual(self.printed(f"--app={app}", plan), served)
            self.assertEqual(list(json.loads(served)["paths"])[0].split("/")[1], app)
        self.assertEqual(list(json.loads(self.printed("--app=root", plan))["paths"]), ["/"])

    def test_what_may_be_left_out(self):
        """Bodies of which none is one too, parts with defaults, fields that may be none."""
        (self.folder / "program.sg").write_text("""
type R = { a: int, b: str?, c: int = 1 }
type S = { b: str? }
app a {
  route POST "/stream" (x: stream bytes) -> sum([len(b) for b in x])
  route POST "/bytes" (x: bytes from bytes) -> len(x)
  route POST "/text" (x: str from text) -> x
  route POST "/short" (x: str(min_length: 1) from text) -> x
  route POST "/r" (x: R) -> x.a
  route POST "/s" (x: S) -> x.b ?? ""
  route POST "/parts" (x: int in body = 1, y: int in body = 2) -> x + y
  route POST "/part" (x: int in body = 1, y: int in body) -> x + y
}
""")
        page = json.loads(self.printed(self.folder / "program.sg"))
        bodies = {path: one["post"]["requestBody"]["required"] for path, one in page["paths"].items()}
        self.assertEqual(bodies, {"/stream": False, "/bytes": False, "/text": False, "/short": True, "/r": True,
                                  "/s": True, "/parts": False, "/part": True})
        schemas = page["components"]["schemas"]
        self.assertEqual((schemas["R"]["required"], schemas["S"].get("required")), (["a"], None))
        with Server(compile_plan(self.folder / "program.sg", self.folder)) as s:
            for path, needed in bodies.items():
                self.assertEqual(s.request("POST", path)[0], 422 if needed else 200, path)

    def test_statuses_that_the_program_answers(self):
        plan = compile_plan("""
type HTTPError = { code: int }
fn checked(n: int) -> int {
  if n == 7 { fail(409, "taken") }
  if n > 7 { fail(404, "there is no {n}") }
  return n
}
deployment Store() {
  fn get(n: int) -> int = checked(n)
  fn lucky(n: int) -> int {
    try { return checked(n) } else e { fail(410, e.message) }
  }
}
app a {
  bind store = Store()
  route GET "/one/{n}" (n: int) -> store.get(n)
  route PUT "/one/{n}" (n: int) { return store.get(n) as json(status: 201) }
  route GET "/safe/{n}" (n: int) -> (store.get(n) with { fallback: 0 })
  route GET "/lucky" { return store.lucky(1) }
  route GET "/checked" (n: int) {
    if n == 1 { fail(422, "one") }
    return { code: n }
  }
  route GET "/typed" {
    let e: HTTPError = { code: 1 }
    return e
  }
  route DELETE "/one" {
    if store.get(1) == 1 { return none as json(status: 204) }
    fail(404, "none")
  }
  route GET "/openai" (n: int) with { errors: "openai" } -> checked(n)
  route GET "/keyed" (n: int) with { auth: { api_key: secret("KEY") }, rate_limit: { requests: 1 } } {
    if n == 0 { fail(401, "not you") }
    return checked(n)
  }
}
""", self.folder)
        api = json.loads(self.printed(plan))
        said = {f"{method} {path}": route["responses"]
                for path, item in api["paths"].items() for method, route in item.items()}
        self.assertEqual({k: list(v) for k, v in said.items()}, {
            "get /one/{n}": ["200", "404", "409", "422"],
            "put /one/{n}": ["201", "404", "409", "422"],
            "get /safe/{n}": ["200", "422"], "get /lucky": ["200", "410"],
            "get /checked": ["200", "422"], "get /typed": ["200"],
            "get /keyed": ["200", "401", "404", "409", "422", "429"],
            "delete /one": ["204", "404", "409"], "get /openai": ["200", "404", "409", "422"]})
        self.assertEqual(said["delete /one"]["404"]["description"], "none\nthere is no …")
        self.assertEqual(said["get /keyed"]["401"]["description"], "Unauthorized\nnot you")
        self.assertNotIn("content", said["delete /one"]["204"])
        self.assertNotIn("content", said["get /openai"]["404"])
        schema = said["get /one/{n}"]["404"]["content"]["application/json"]["schema"]
        self.assertEqual(schema, {"$ref": "#/components/schemas/ServeGraph.HTTPError"})
        self.assertIn("code", api["components"]["schemas"]["HTTPError"]["properties"])
        self.assertIn("detail", api["components"]["schemas"]["ServeGraph.HTTPError"]["properties"])

    def test_errors(self):
        plan = compile_plan(TWO, self.folder)
        done = run(SGC, "openapi", "--app=three", plan)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("three: there is no app of this name; there are one, two, root", done.stderr)
        wrong = self.folder / "wrong.sg"
        wrong.write_text("app a { route GET \"/\" -> nothing }\n")
        done = run(SGC, "openapi", wrong)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("unknown-name", done.stderr)
        cut = self.folder / "cut.plan"
        cut.write_bytes(plan.read_bytes()[:300])
        done = run(SGC, "openapi", cut)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("sgrun: ", done.stderr)
        self.assertEqual(run(SGC, "openapi").returncode, 2)
        self.assertEqual(run(SGC, "openapi", self.folder / "none.sg").returncode, 1)

    def test_the_runtime_alone(self):
        plan = compile_plan(TWO, self.folder)
        done = run(SGRUN, "--openapi", plan)
        self.assertEqual(done.stdout.encode(), self.printed(plan))
        self.assertEqual(run(SGRUN, "--openapi=one", plan).stdout.encode(),
                         self.printed("--app=one", plan))

    def test_plans_are_no_sources(self):
        """One message, and not one for each NUL byte."""
        plan = compile_plan(TWO, self.folder)
        for args in ([plan], ["check", plan], ["fmt", plan], ["test", plan], ["explain", plan],
                     ["--graphviz", plan], ["check", self.folder / "program.sg", plan]):
            done = run(SGC, *args)
            self.assertEqual((done.returncode, done.stdout), (1, ""), args)
            self.assertIn("program.plan is a plan, which is no source", done.stderr)
            self.assertIn("1 error, 0 warnings", done.stderr)
        use = self.folder / "use.sg"
        use.write_text('use "./program.plan"\n')
        done = run(SGC, "check", use)
        self.assertIn("use.sg:1:5: error:", done.stderr)
        done = run(SGC, "--dump=plan", plan)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, run(SGC, "--dump=plan", self.folder / "program.sg").stdout)
        done = run(SGC, "check", SGC)
        self.assertIn("a NUL byte in the text", done.stderr)
        self.assertRegex(done.stderr, r"(?m)^[1-9] errors?, 0 warnings")


if __name__ == "__main__":
    unittest.main()
