"""Routes as a program writes them (routes.sg): what goes in, what comes out, and
what happens under load."""
import http.client
import json
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402
from tools.make_png import png  # noqa: E402

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"


def setUpModule():
    global folder, plan, server
    folder = tempfile.TemporaryDirectory()
    plan = support.compile_plan(pathlib.Path(__file__).parent / "routes.sg", folder.name)
    server = support.Server(plan, "--max-memory", "20MB").__enter__()


def tearDownModule():
    server.__exit__()
    folder.cleanup()


def ask(method, path, body=None, **headers):
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
        headers.setdefault("content_type", JSON)
    status, head, data = server.request(method, "/api" + path, body and body.encode(),
                                        {k.replace("_", "-"): v for k, v in headers.items()})
    return status, head["content-type"], data.decode()


class Routes(unittest.TestCase):
    def check(self, method, path, body, status, kind, expected, **headers):
        self.assertEqual(ask(method, path, body, **headers), (status, kind, expected))

    def refused(self, method, path, body, *expected):
        status, _, data = ask(method, path, body)
        self.assertEqual(status, 422, data)
        self.assertEqual([(o["loc"], o["type"]) for o in json.loads(data)["detail"]], list(expected))

    def test_records(self):
        self.check("POST", "/review", {"text": "ab", "tags": ["x"], "other": 1}, 200, JSON,
                   '{"text":"ab","stars":5,"tags":["x"]}')
        self.refused("POST", "/review", {"text": "a", "stars": "9", "tags": [1]},
                     (["body", "text"], "string_too_short"), (["body", "stars"], "less_than_equal"),
                     (["body", "tags", 0], "string_type"))
        self.refused("POST", "/reviews", [{"text": "ab"}] * 3, (["body"], "too_long"))
        self.check("POST", "/reviews", [{"text": "ab"}, {"text": "ab", "stars": 1}], 200, JSON, "[5,1]")

    def test_a_type_within_itself(self):
        self.check("POST", "/tree", {"value": 1, "kids": [{"value": 2}]}, 200, JSON,
                   '{"value":1,"kids":[{"value":2,"kids":[]}]}')
        self.refused("POST", "/tree", {"value": 1, "kids": [{"value": "x"}]},
                     (["body", "kids", 0, "value"], "int_parsing"))

    def test_unions(self):
        self.check("POST", "/outcome", {"code": "3", "type": "Failed", "error": "e"}, 200, JSON,
                   '{"type":"Failed","error":"e","code":3}')
        self.refused("POST", "/outcome", {"type": "X"}, (["body"], "union_tag_invalid"))

    def test_png_answers(self):
        def draw(path, body, kind):
            status, head, data = server.request("POST", "/api" + path, body, {"content-type": kind})
            return status, head["content-type"], data
        status, kind, drawn = draw("/same", png(5, 4), "image/png")
        self.assertEqual((status, kind), (200, "image/png"))
        self.assertEqual(draw("/same", drawn, "image/png")[2], drawn)
        status, kind, grey = draw("/draw", b'{"array": [[0, 255], [7, 8]]}', JSON)
        self.assertEqual((status, kind, grey[24:26]), (200, "image/png", b"\x08\x00"))  # 8 bits, grey
        status, _, why = draw("/draw", b'{"array": [1, 2]}', JSON)
        self.assertEqual(status, 500)
        self.assertIn(b"no image", why)

    def test_path_and_query(self):
        self.check("GET", "/op/max", None, 200, TEXT, "max")
        self.refused("GET", "/op/min", None, (["path", "op"], "literal_error"))
        self.check("GET", "/maybe", None, 200, JSON, "null")
        self.check("GET", "/maybe?x=3", None, 200, JSON, "3")
        self.check("GET", "/list", None, 200, JSON, "1")
        self.check("GET", "/list?x=1&x=2", None, 200, JSON, "3")
        self.refused("GET", "/list?x=1&x=b", None, (["query", "x", 1], "int_parsing"))
        self.check("GET", "/flag?x=on", None, 200, JSON, '{"x":true,"not_x":false}')
        self.refused("GET", "/flag", None, (["query", "x"], "missing"))
        self.check("GET", "/half?x=3", None, 200, JSON, "1.5")
        self.check("GET", "/header", None, 200, TEXT, "k", X_API_KEY="k")

    def test_headers_of_one_name(self):
        self.check("GET", "/headers", None, 200, JSON, "7")
        for values, status, expected in (("5",), 200, "5"), (("1", "2", "3"), 200, "6"), \
                (("1", "b"), 422, "int_parsing"), (("1, 2",), 422, "int_parsing"):
            connection = http.client.HTTPConnection(server.host, server.port)
            connection.putrequest("GET", "/api/headers")
            for value in values:
                connection.putheader("X-Tag", value)
            connection.endheaders()
            answer = connection.getresponse()
            self.assertEqual(answer.status, status)
            self.assertIn(expected, answer.read().decode())
            connection.close()

    def test_bodies(self):
        self.check("POST", "/map", {"a": 1, "b": "2"}, 200, JSON, "3")
        self.check("PUT", "/two", {"review": {"text": "ok"}}, 200, TEXT, "ok3")
        self.check("POST", "/json", '{"a":[1,2.0,null,"ü"]}', 200, JSON, '{"a":[1,2.0,null,"ü"]}')

    def test_adapters(self):
        form = "application/x-www-form-urlencoded"
        self.check("POST", "/form", "name=a%62&age=7", 200, JSON, '{"name":"ab","age":7}', content_type=form)
        status, _, data = ask("POST", "/form", "name=a&age=x", content_type=form)
        self.assertEqual((status, [o["loc"] for o in json.loads(data)["detail"]]),
                         (422, [["body", "name"], ["body", "age"]]))
        self.check("POST", "/request/5?q=1", "hi", 200, TEXT, "POST /api/request/5 5 127.0.0.1 my-id",
                   X_Request_Id="my-id")
        self.check("POST", "/rows", [{"a": 1, "b": "x"}, {"a": 2, "b": None}], 200,
                   "text/csv; charset=utf-8", "a,b\r\n1,x\r\n2,\r\n")
        self.check("POST", "/arrays", {"a": {"array": [1]}, "b": {"array": [[2]]}}, 200, JSON, "2")
        self.check("POST", "/numbers", "[1,2]", 200, JSON, "3", content_type="text/plain")
        self.check("POST", "/text", "hé", 200, TEXT, "hé", content_type=JSON)

    def test_answers(self):
        status, head, data = server.request("GET", "/api/made")
        self.assertEqual((status, head["x-more"], data), (201, "yes", b"made"))
        self.check("GET", "/teapot", None, 418, JSON, '{"detail":"no coffee"}')
        self.check("GET", "/table", None, 200, "text/csv; charset=utf-8",
                   'a,b\r\n1,"x,y"\r\n2,""""\r\n')
        self.assertEqual(ask("GET", "/div?x=1&y=0")[0], 500)
        self.assertEqual(ask("GET", "/quick?t=1")[0], 408)

    def test_state(self):
        first = int(ask("GET", "/next")[2])
        self.assertEqual(int(ask("GET", "/next")[2]), first + 1)

    def test_memory_has_a_limit(self):
        self.assertEqual(len(ask("GET", "/big?n=5000000")[2]), 5000000)
        status, _, data = ask("GET", "/big?n=100000000")
        self.assertEqual((status, data), (500, '{"detail":"the request needs more memory than it may have"}'))

    def test_overload(self):
        """Two run, one waits, the rest is refused at once."""
        answers, threads = [], []
        for _ in range(6):
            threads.append(threading.Thread(
                target=lambda: answers.append(server.request("GET", "/api/sleep?t=0.4"))))
            threads[-1].start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(a[0] for a in answers), [200] * 3 + [503] * 3)
        self.assertEqual({a[1]["retry-after"] for a in answers if a[0] == 503}, {"1"})
        # And what it came from is there to see.
        page = [d for d in json.loads(server.request("GET", "/-/deployments")[2]) if d.get("mean_call")]
        self.assertTrue(any(d["mean_call"] > 0.05 and d["retry_after"] == 1 for d in page), page)

    def test_openapi(self):
        for path in ("/openapi.json", "/api/openapi.json"):
            api = json.loads(server.request("GET", path)[2])
            self.assertEqual(api["info"], {"title": "a", "version": "1",
                                           "description": "Routes of every kind."})
            schemas = api["components"]["schemas"]
            self.assertEqual(schemas["Tree"]["properties"]["kids"]["items"],
                             {"$ref": "#/components/schemas/Tree"})
            self.assertEqual([v["properties"]["type"]["const"] for v in schemas["Outcome"]["oneOf"]],
                             ["Done", "Failed"])
            review = api["paths"]["/api/review"]["post"]
            self.assertEqual(review["summary"], "The review as it was read.")
            self.assertNotIn("description", review)  # it would say the same


MANY = """
deployment slow(x: int) -> int {
  max_ongoing_requests: 1000
  sleep(300ms)
  return x
}
app a {
  graph both(x: int) -> int {
    let p = slow(x)
    let q = slow(x + 1)
    return slow(p + q)
  }
  route GET "/" (x: int) -> both(x)
  route GET "/forever" (x: int = 0) -> slow_down(x)
}
deployment slow_down(x: int) -> int {
  max_ongoing_requests: 3
  max_queued_requests: 100000
  sleep(1h)
  return x
}
"""


class Load(unittest.TestCase):
    def test_many_at_once(self):
        """500 requests take little longer than one, and none gets another's answer."""
        with tempfile.TemporaryDirectory() as at, \
                support.Server(support.compile_plan(MANY, at)) as s:
            connections = [http.client.HTTPConnection(s.host, s.port) for _ in range(500)]
            begin = time.monotonic()
            for i, c in enumerate(connections):
                c.request("GET", f"/?x={i}")
            answers = [c.getresponse().read() for c in connections]
            took = time.monotonic() - begin
            for c in connections:
                c.close()
        self.assertEqual(answers, [b"%d" % (2 * i + 1) for i in range(500)])
        self.assertGreaterEqual(took, 0.6)
        self.assertLess(took, 3)

    def test_clients_that_leave(self):
        """A client that leaves gives back its slot, its place in the queue and its memory."""
        count = 100000 if support.LONG else 2000
        with tempfile.TemporaryDirectory() as at, \
                support.Server(support.compile_plan(MANY, at)) as s:
            def leave(n):
                for i in range(n):
                    c = socket.create_connection((s.host, s.port))
                    c.sendall(b"GET /forever HTTP/1.1\r\nhost: a\r\n\r\n")
                    if i % 2:
                        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    c.close()

            def memory():
                status = pathlib.Path(f"/proc/{s.process.pid}/status").read_text()
                return int(status.split("VmRSS:")[1].split()[0])

            leave(count // 4)
            time.sleep(0.3)
            before = memory()
            leave(count)
            time.sleep(0.3)
            self.assertLess(memory() - before, 3000)
            self.assertEqual(s.request("GET", "/?x=1")[2], b"3")


if __name__ == "__main__":
    unittest.main()
