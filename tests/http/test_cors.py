"""CORS: what browsers are told, as Starlette's CORSMiddleware tells it."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import Server, compile_plan

X, Y = "https://x.example", "https://y.example:8443"
ALLOW = "access-control-allow-"
SIMPLE = "Accept, Accept-Language, Content-Language, Content-Type"
ROUTES = """
  route GET "/a" -> "a"
  route POST "/a" (x: int) -> x
  route PUT "/a" -> fail(409, "no")
  route GET "/s" -> numbers() as sse
"""
NUMBERS = """
deployment numbers() -> stream int {
  yield 1
  yield 2
}
"""


class Cors(unittest.TestCase):
    def serve(self, cors, before="", place="app a { %s }"):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        program = NUMBERS + before + place % (f"\n  cors: {cors}\n" + ROUTES)
        return self.enterContext(Server(compile_plan(program, folder)))

    def ask(self, server, method, path, origin=X, **more):
        headers = {k.replace("_", "-"): v for k, v in more.items()}
        if origin:
            headers["Origin"] = origin
        return server.request(method, path, headers=headers)

    def preflight(self, server, path, method, headers=None, origin=X):
        more = {"Access_Control_Request_Method": method}
        if headers is not None:
            more["Access_Control_Request_Headers"] = headers
        status, got, body = self.ask(server, "OPTIONS", path, origin, **more)
        return status, {k[len(ALLOW):]: v for k, v in got.items() if k.startswith(ALLOW)}, got, body

    def test_one_origin(self):
        s = self.serve(f'{{ origins: "{X}", expose: ["x-a", "x-b"] }}')
        for method, path, status in [("GET", "/a", 200), ("POST", "/a", 422), ("PUT", "/a", 409), ("GET", "/s", 200)]:
            with self.subTest(method + path):
                got = self.ask(s, method, path)
                self.assertEqual(got[0], status)
                self.assertEqual(got[1][ALLOW + "origin"], X)
                self.assertEqual(got[1]["access-control-expose-headers"], "x-a, x-b")
                self.assertEqual(got[1]["vary"], "Origin")
                self.assertNotIn(ALLOW + "credentials", got[1])
        for origin in None, Y, X + "/", X.upper(), "null":
            self.assertNotIn(ALLOW + "origin", self.ask(s, "GET", "/a", origin)[1])
        self.assertNotIn("vary", self.ask(s, "GET", "/a", None)[1])

    def test_preflight(self):
        s = self.serve(f'{{ origins: ["{X}", "{Y}"], headers: ["X-Token"], max_age: 1m }}')
        for origin in X, Y:
            for headers in None, "", "content-type", "X-TOKEN, accept", "x-token,content-language":
                with self.subTest(headers):
                    status, allow, got, body = self.preflight(s, "/a", "POST", headers, origin)
                    self.assertEqual((status, body), (200, b"OK"))
                    self.assertEqual(allow, {"origin": origin, "methods": "HEAD, GET, POST, PUT",
                                             "headers": SIMPLE + ", X-Token"})
                    self.assertEqual(got["access-control-max-age"], "60")
                    self.assertEqual(got["vary"], "Origin")
        for origin, method, headers, wrong in [("https://evil.example", "POST", None, "origin"),
                                               (X, "DELETE", None, "method"), (X, "post", None, "method"),
                                               (X, "POST", "x-token, x-other", "headers"),
                                               ("https://evil.example", "BREW", "x-other", "origin, method, headers")]:
            with self.subTest(wrong):
                status, allow, got, body = self.preflight(s, "/a", method, headers, origin)
                self.assertEqual((status, body), (400, f"Disallowed CORS {wrong}".encode()))
                self.assertEqual("origin" in allow, "origin" not in wrong)
        # What is no preflight is an ordinary OPTIONS.
        status, got, _ = self.ask(s, "OPTIONS", "/a")
        self.assertEqual((status, got["allow"]), (204, "GET, HEAD, POST, PUT, OPTIONS"))

    def test_everybody(self):
        s = self.serve('{ origins: "*", methods: "*", headers: "*" }')
        got = self.ask(s, "GET", "/a")[1]
        self.assertEqual(got[ALLOW + "origin"], "*")
        self.assertNotIn("vary", got)
        self.assertEqual(self.ask(s, "GET", "/a", Cookie="a=b")[1][ALLOW + "origin"], X)
        _, allow, _, _ = self.preflight(s, "/a", "DELETE", "x-any, x-thing")
        self.assertEqual(allow, {"origin": "*", "methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
                                 "headers": "x-any, x-thing"})

    def test_credentials(self):
        s = self.serve(f'{{ origins: ["*"], credentials: true, methods: ["GET"] }}')
        self.assertEqual(self.ask(s, "GET", "/a")[1][ALLOW + "credentials"], "true")
        status, allow, _, _ = self.preflight(s, "/a", "GET")
        self.assertEqual((status, allow["origin"], allow["credentials"], allow["methods"]), (200, X, "true", "GET"))
        self.assertEqual(self.preflight(s, "/a", "POST")[0], 400)

    def test_places(self):
        """The server's hold for what no route answers too; nearer ones displace them, name by name."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        s = self.enterContext(Server(compile_plan(f"""
            server {{ cors: {{ origins: "{X}", expose: "x-s" }} }}
            app a at "/a" {{
              cors: {{ origins: "{Y}" }}
              route GET "/" -> "a"
              route GET "/own" with {{ cors: {{ expose: "x-r" }} }} -> "own"
            }}
            app b at "/b" {{ route GET "/" -> "b" }}
        """, folder)))
        for path, origin, status, expose in [("/a", Y, 200, "x-s"), ("/a/own", Y, 200, "x-r"), ("/b", X, 200, "x-s"),
                                             ("/nowhere", X, 404, "x-s"), ("/openapi.json", X, 200, "x-s")]:
            with self.subTest(path):
                got = self.ask(s, "GET", path, origin)
                self.assertEqual(got[0], status)
                self.assertEqual(got[1][ALLOW + "origin"], origin)
                self.assertEqual(got[1]["access-control-expose-headers"], expose)
        self.assertNotIn(ALLOW + "origin", self.ask(s, "GET", "/a", X)[1])
        self.assertEqual(self.preflight(s, "/a", "GET", origin=Y)[0], 200)
        self.assertEqual(self.preflight(s, "/nowhere", "GET")[0], 400)

    def test_code_is_not_reached(self):
        s = self.serve(f'{{ origins: "{X}" }}', before='app o at "/o" { route OPTIONS "/" -> fail(500, "reached") }\n')
        status, allow, _, body = self.preflight(s, "/a", "GET")
        self.assertEqual(status, 200)
        self.assertEqual(self.preflight(s, "/o", "GET")[0], 500)  # no cors there

    def test_fields_of_an_answer_are_displaced(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        s = self.enterContext(Server(compile_plan(f"""
            app a {{
              cors: {{ origins: "{X}" }}
              route GET "/" -> "a" as text(headers: {{ "Access-Control-Allow-Origin": "*", "Vary": "accept" }})
            }}
        """, folder)))
        got = self.ask(s, "GET", "/")[1]
        self.assertEqual(got.get_all(ALLOW + "origin"), [X])
        self.assertEqual(got.get_all("vary"), ["accept", "Origin"])


if __name__ == "__main__":
    unittest.main()
