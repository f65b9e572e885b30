"""Keys and rates: who may call a route, and how often."""
import concurrent.futures
import json
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import raw
from support import SGC, SGRUN, Server, compile_plan, run

KEYS = """
app a {
  auth: { bearer: [secret("TOKEN"), secret("OLD_TOKEN")] }
  route GET "/bearer" -> "in"
  route GET "/both" with { auth: { api_key: secret("KEY") } } -> "in"
  route GET "/openai" with { errors: "openai" } -> "in"
}
app b at "/b" { route GET "/open" -> "open" }
app c at "/c" {
  auth: { api_key: env("KEY"), header: "X-Team-Key" }
  route GET "/" -> "in"
}
"""
ENV = {"TOKEN": "token-1", "OLD_TOKEN": "token-0", "KEY": "the key"}


class Guards(unittest.TestCase):
    def serve(self, program, *options, **more):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        return self.enterContext(Server(compile_plan(program, folder), *options, **more))


BODIES = """
app a {
  route POST "/keyed" (body: bytes) with { auth: { bearer: secret("TOKEN") } } -> len(body)
  route POST "/streamed" (body: stream bytes) with { auth: { bearer: secret("TOKEN") } }
      -> sum([len(b) for b in body])
  route POST "/counted" (body: bytes) with { rate_limit: { requests: 1, per: 1h }, max_body: 1KB }
      -> len(body)
  route GET "/open" -> "open"
}
server { cors: { origins: ["https://x.example"], expose: ["x-a"] }, compress: true }
"""


class Bodies(Guards):
    """Who is not let in is told so before the body comes."""

    def setUp(self):
        self.server = self.serve(BODIES, env=ENV)

    def begin(self, path, *fields):
        return raw.Conn(self.server, raw.head("POST", path, "Origin: https://x.example", *fields))

    def test_refused_before_the_body(self):
        for path in "/keyed", "/streamed":
            for fields in (["Content-Length: 1000000"], ["Transfer-Encoding: chunked"],
                           ["Content-Length: 10", "Expect: 100-continue"],
                           ["Transfer-Encoding: chunked", "Expect: 100-continue"],
                           ["Content-Length: 99999999999"]):
                with self.subTest(path, fields=fields), self.begin(path, *fields) as c:
                    status, head, body = c.answer()
                    self.assertEqual((status, json.loads(body)), (401, {"detail": "Not authenticated"}))
                    self.assertIn("connection: close", head)
                    self.assertIn("access-control-allow-origin: https://x.example", head)
                    try:  # what is still sent is thrown away, and is no request
                        c.s.sendall(b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
                    except OSError:
                        pass
                    self.assertTrue(c.closed())

    def test_a_refused_body_that_is_there(self):
        head = raw.head("POST", "/keyed", "Content-Length: 5")
        with raw.Conn(self.server, (head + b"GET /") * 2 + raw.head("GET", "/open")) as c:
            self.assertEqual([c.answer()[::2] for _ in range(3)],
                             [(401, b'{"detail":"Not authenticated"}')] * 2 + [(200, b"open")])

    def test_let_in(self):
        key = "Authorization: Bearer token-1"
        for path in "/keyed", "/streamed":
            with self.begin(path, "Content-Length: 5", "Expect: 100-continue", key) as c:
                self.assertEqual(c.head(), "HTTP/1.1 100 Continue\r\n\r\n")
                c.s.sendall(b"abcde")
                status, head, body = c.answer()
                self.assertEqual((status, body), (200, b"5"))
                self.assertIn("access-control-expose-headers: x-a", head)
        for sent in b"", b"abc":  # and leave before the body is whole
            with self.begin("/keyed", "Content-Length: 5", key) as c:
                c.s.sendall(sent)
        self.assertIn(b"servegraph_http_ongoing_requests 1\n", self.server.request("GET", "/metrics")[2])

    def test_counted_once(self):
        with self.begin("/counted", "Content-Length: 5000") as c:
            status, head, _ = c.answer()
            self.assertEqual(status, 413)
            self.assertIn("ratelimit-remaining: 0", head)
        with self.begin("/counted", "Content-Length: 5") as c:
            status, head, body = c.answer()
            self.assertEqual((status, json.loads(body)), (429, {"detail": "Too many requests"}))
            self.assertIn("access-control-allow-origin", head)

    def test_reloads_between_head_and_body(self):
        """What the guards said of a head outlives their version."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        plan = compile_plan(BODIES, folder)
        key = "Authorization: Bearer token-1"
        with Server(plan, "--watch", env=ENV) as self.server:
            with self.begin("/keyed", "Content-Length: 5", key) as c:
                c.s.sendall(b"ab")
                self.assertEqual(self.server.request("GET", "/open")[2], b"open")
                compile_plan(BODIES.replace('"open"', '"other"').replace("x-a", "x-b"), folder)
                for _ in range(200):
                    if self.server.request("GET", "/open")[2] == b"other":
                        break
                    time.sleep(0.05)
                c.s.sendall(b"cde")
                status, head, body = c.answer()
                self.assertEqual((status, body), (200, b"5"))
                self.assertIn("access-control-expose-headers: x-a", head)

    def test_documents(self):
        paths = json.loads(self.server.request("GET", "/openapi.json")[2])["paths"]
        error = {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPError"}}}
        keyed = paths["/keyed"]["post"]["responses"]
        self.assertEqual(list(keyed), ["200", "401", "422"])
        self.assertEqual((keyed["401"]["description"], keyed["401"]["content"]), ("Unauthorized", error))
        self.assertIn("WWW-Authenticate", keyed["401"]["headers"])
        counted = paths["/counted"]["post"]["responses"]
        self.assertEqual((list(counted), counted["429"]["content"]), (["200", "422", "429"], error))
        self.assertEqual(list(paths["/open"]["get"]["responses"]), ["200"])


class Keys(Guards):
    def test_who_gets_in(self):
        s = self.serve(KEYS, env=ENV)
        bearer = 'Bearer error="invalid_token"'
        for path, headers, status, challenge in [
                ("/bearer", {"Authorization": "Bearer token-1"}, 200, None),
                ("/bearer", {"Authorization": "bearer  token-0"}, 200, None),
                ("/bearer", {}, 401, "Bearer"),
                ("/bearer", {"Authorization": "Basic dG9rZW4tMQ=="}, 401, "Bearer"),
                ("/bearer", {"Authorization": "Bearer"}, 401, "Bearer"),
                ("/bearer", {"Authorization": "Bearer "}, 401, "Bearer"),
                ("/bearer", {"Authorization": "Bearer token-2"}, 401, bearer),
                ("/bearer", {"Authorization": "Bearer token-"}, 401, bearer),
                ("/bearer", {"Authorization": "Bearer token-1token-1"}, 401, bearer),
                ("/bearer", {"Authorization": "Bearer token-1 "}, 200, None),
                ("/bearer", {"X-API-Key": "the key"}, 401, "Bearer"),
                ("/both", {"X-API-Key": "the key"}, 200, None),
                ("/both", {"Authorization": "Bearer token-1"}, 200, None),
                ("/both", {"X-API-Key": "The key"}, 401, bearer),
                ("/b/open", {}, 200, None),
                ("/c", {"X-Team-Key": "the key"}, 200, None),
                ("/c", {"x-api-key": "the key"}, 401, "ApiKey"),
                ("/c", {}, 401, "ApiKey")]:
            with self.subTest(path=path, headers=headers):
                got = s.request("GET", path, headers=headers)
                self.assertEqual(got[0], status)
                self.assertEqual(got[1]["www-authenticate"], challenge)
                if status == 401:
                    wrong = challenge == bearer or headers.get("X-Team-Key")
                    self.assertEqual(json.loads(got[2]),
                                     {"detail": "Invalid credentials" if wrong else "Not authenticated"})
        self.assertEqual(json.loads(s.request("GET", "/openai")[2])["error"]["type"], "invalid_request_error")

    def test_documents(self):
        s = self.serve(KEYS, env=ENV)
        self.assertIn(b"keysOf(op)", s.request("GET", "/docs")[2])
        page = json.loads(s.request("GET", "/openapi.json")[2])
        self.assertEqual(page["components"]["securitySchemes"],
                         {"HTTPBearer": {"type": "http", "scheme": "bearer"},
                          "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                          "X-Team-Key": {"type": "apiKey", "in": "header", "name": "X-Team-Key"}})
        self.assertEqual(page["paths"]["/both"]["get"]["security"], [{"HTTPBearer": []}, {"x-api-key": []}])
        self.assertEqual(page["paths"]["/c"]["get"]["security"], [{"X-Team-Key": []}])
        self.assertNotIn("security", page["paths"]["/b/open"]["get"])

    def test_keys_are_in_no_plan(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = compile_plan(KEYS, folder)
            self.assertIn(b"OLD_TOKEN", plan.read_bytes())
            for written in "auth: { bearer: \"token\" }", "auth: { bearer: secret(\"A\", \"b\") }", \
                    "auth: { api_key: secret(\"a b\") }", "auth: { api_key: [other(\"A\")] }":
                source = pathlib.Path(folder) / "bad.sg"
                source.write_text(f'app a {{\n  {written}\n  route GET "/" -> "in"\n}}\n')
                done = run(SGC, "check", source)
                self.assertEqual(done.returncode, 1)
                self.assertIn("keys come from the environment", done.stderr)

    def test_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = compile_plan(KEYS + 'test "t" { assert 1 == 1 }\n', folder, "--tests")
            for key in "", None:
                env = {"TOKEN": "a", "OLD_TOKEN": "b", "PATH": "/usr/bin:/bin", **({} if key is None else {"KEY": key})}
                for mode in ["--check"], ["-l", "127.0.0.1:0"]:
                    done = run(SGRUN, plan, *mode, env=env)
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(done.stderr, r"program\.sg:(5|10):\d+: error: ")
                    self.assertIn("the environment variable KEY, a secret, is " + ("not set" if key is None else "empty"),
                                  done.stderr)
            self.assertEqual(run(SGRUN, plan, "--test", env=env).returncode, 0)
            self.assertEqual(run(SGRUN, plan, "--check", env={**env, "KEY": "k"}).returncode, 0)

    def test_server(self):
        """In `server` it holds for everything but health."""
        s = self.serve('server { auth: { bearer: secret("TOKEN") } }\napp a { route GET "/" -> "in" }\n', env=ENV)
        for path, status in [("/", 401), ("/docs", 401), ("/nowhere", 401), ("/-/deployments", 401), ("/-/healthz", 200),
                             ("/-/readyz", 200)]:
            self.assertEqual(s.request("GET", path)[0], status, path)
        token = {"Authorization": "Bearer token-1"}
        for path, status in [("/", 200), ("/docs", 200), ("/nowhere", 404)]:
            self.assertEqual(s.request("GET", path, headers=token)[0], status, path)

    def test_browsers(self):
        """A preflight needs no key, and a 401 can be read by a page."""
        s = self.serve("""
            app a {
              cors: { origins: "https://x.example", headers: "authorization" }
              auth: { bearer: secret("TOKEN") }
              route GET "/" -> "in"
            }
        """, env=ENV)
        origin = {"Origin": "https://x.example"}
        got = s.request("OPTIONS", "/", headers={**origin, "Access-Control-Request-Method": "GET",
                                                 "Access-Control-Request-Headers": "authorization"})
        self.assertEqual(got[0], 200)
        got = s.request("GET", "/", headers=origin)
        self.assertEqual((got[0], got[1]["access-control-allow-origin"]), (401, "https://x.example"))


class Rates(Guards):
    def left(self, server, path="/", headers=None):
        status, got, body = server.request("GET", path, headers=headers or {})
        return status, *(int(got[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset")), got, body

    def test_beyond(self):
        s = self.serve("""
            app a { route GET "/" with { rate_limit: { requests: 3, per: 1h } } -> "in" }
        """)
        for remaining in 2, 1, 0:
            self.assertEqual(self.left(s)[:3], (200, 3, remaining))
        for _ in range(2):
            status, limit, remaining, reset, got, body = self.left(s)
            self.assertEqual((status, limit, remaining), (429, 3, 0))
            self.assertEqual(json.loads(body), {"detail": "Too many requests"})
            self.assertTrue(1190 <= int(got["retry-after"]) <= 1200, got["retry-after"])
            self.assertTrue(3590 <= reset <= 3600, reset)

    def test_time_brings_more(self):
        s = self.serve("""
            app a { route GET "/" with { rate_limit: { requests: 10, per: 1s, burst: 2 } } -> "in" }
        """)
        self.assertEqual([self.left(s)[0] for _ in range(2)], [200, 200])
        begin = time.monotonic()
        good = 0
        while time.monotonic() - begin < 1:
            good += self.left(s)[0] == 200
        took = time.monotonic() - begin
        self.assertLessEqual(good, 10 * took + 2)
        self.assertGreaterEqual(good, 4)

    def test_for_whom(self):
        s = self.serve("""
            server { trusted_proxies: "127.0.0.1" }
            app a {
              route GET "/client" with { rate_limit: { requests: 1, per: 1h } } -> "in"
              route GET "/key" with { rate_limit: { requests: 1, per: 1h, by: "X-Key" } } -> "in"
              route GET "/all" with { rate_limit: { requests: 1, per: 1h, by: "all" } } -> "in"
            }
        """)
        def ask(path, client="1.1.1.1", **headers):
            return s.request("GET", path, headers={"X-Forwarded-For": client, **headers})[0]
        self.assertEqual([ask("/client", c) for c in ("1.1.1.1", "1.1.1.1", "1.1.1.2", "::1:1", "::1:2", "0:0:0:1::")],
                         [200, 429, 200, 200, 429, 200])
        self.assertEqual([ask("/key", "1.1.1.1", **{"X-Key": k}) for k in "abab"], [200, 200, 429, 429])
        self.assertEqual([ask("/key", c) for c in ("1.1.1.1", "1.1.1.1", "1.1.1.2")], [200, 429, 200])
        self.assertEqual([ask("/all", c) for c in ("1.1.1.1", "1.1.1.2")], [200, 429])

    def test_one_that_is_written_once(self):
        """... is one for all that it holds for; each of the others has its own."""
        s = self.serve("""
            app a {
              rate_limit: { requests: 2, per: 1h }
              route GET "/1" -> "1"
              route GET "/2" -> "2"
              route GET "/own" with { rate_limit: { requests: 1, per: 1h } } -> "own"
            }
        """)
        self.assertEqual([s.request("GET", p)[0] for p in ("/1", "/2", "/1", "/2", "/own", "/own")],
                         [200, 200, 429, 429, 200, 429])

    def test_who_is_forgotten(self):
        s = self.serve("""
            server { trusted_proxies: "127.0.0.1" }
            app a { route GET "/" with { rate_limit: { requests: 1, per: 1h, max_keys: 3 } } -> "in" }
        """)
        def ask(client):
            return s.request("GET", "/", headers={"X-Forwarded-For": f"1.1.1.{client}"})[0]
        self.assertEqual([ask(n) for n in (1, 2, 3, 1, 2, 3)], [200] * 3 + [429] * 3)
        self.assertEqual([ask(n) for n in (4, 2, 3, 1, 4, 3)], [200, 429, 429, 200, 200, 429])

    def test_all_loops_count_together(self):
        s = self.serve("""
            app a { route GET "/" with { rate_limit: { requests: 50, per: 1h } } -> "in" }
        """, "--loops", "3")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda _: s.request("GET", "/")[0], range(120)))
        self.assertEqual((got.count(200), got.count(429)), (50, 70))

    def test_memory_is_bounded(self):
        s = self.serve("""
            server { trusted_proxies: "127.0.0.1" }
            app a { route GET "/" with { rate_limit: { requests: 1, per: 1h, max_keys: 50 } } -> "in" }
        """)
        import http.client
        c = http.client.HTTPConnection(s.host, s.port)
        def many(n, base):
            for i in range(n):
                c.request("GET", "/", headers={"X-Forwarded-For": f"10.{base}.{i // 256}.{i % 256}"})
                self.assertEqual(c.getresponse().read(), b"in")
        many(500, 1)
        before = s.rss()
        many(3000, 2)
        if "asan" not in SGRUN:
            self.assertLess(s.grown(before, 200_000), 200_000)
        c.close()


if __name__ == "__main__":
    unittest.main()
