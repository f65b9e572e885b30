"""sgrun against a plan made by hand: parameters, results, errors, pages, and its
life from ready to the last answer."""
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

JSON = {"content-type": "application/json"}


def setUpModule():
    global folder, plan, server
    folder = tempfile.TemporaryDirectory()
    plan = pathlib.Path(folder.name) / "sample.plan"
    subprocess.run([support.BUILD / "tests/sample_plan", plan], check=True)
    server = support.Server(plan).__enter__()


def tearDownModule():
    server.__exit__()
    folder.cleanup()


def ask(method, path, body=None, headers=None):
    status, head, data = server.request(method, path, body, headers)
    return status, head.get("content-type"), data.decode()


def offences(method, path, body=None, headers=None):
    """(loc, type) of each offence of a refused request."""
    status, _, data = ask(method, path, body, headers)
    assert status == 422, (status, data)
    return [(o["loc"], o["type"]) for o in json.loads(data)["detail"]]


class Parameters(unittest.TestCase):
    def test_path_and_query(self):
        self.assertEqual(ask("GET", "/items/5?q=3&tag=a&tag=b%20c+d")[2],
                         '[5,3,["a","b c d"]]')
        self.assertEqual(ask("GET", "/items/5/")[2], "[5,null,[]]")
        self.assertEqual(ask("GET", "/items/5?q=1&q=2")[2], "[5,2,[]]")
        self.assertEqual(ask("GET", "/items/%35?%71=4")[2], "[5,4,[]]")
        self.assertEqual(ask("GET", "/items/5?&&=&q=9&tag")[2], '[5,9,[""]]')
        self.assertEqual(ask("GET", "/items/me")[2], "sum")
        self.assertEqual(ask("GET", "/items/me?op=max")[2], "max")

    def test_rest_of_the_path(self):
        self.assertEqual(ask("GET", "/files/a%2Fb/c/")[2], "a/b/c/")
        self.assertEqual(ask("GET", "/files")[2], "")
        self.assertEqual(ask("GET", "/files/a+b")[2], "a+b")

    def test_every_offence_in_order(self):
        self.assertEqual(offences("POST", "/all/x?q=y", "[1]", JSON),
                         [(["path", "id"], "int_parsing"), (["query", "q"], "int_parsing"),
                          (["body", 0], "string_type")])

    def test_text_that_is_no_utf8(self):
        self.assertEqual(offences("GET", "/items/me?op=%ff"), [(["query", "op"], "string_unicode")])
        self.assertEqual(offences("PUT", "/text", b"\xff\xfe"), [(["body"], "string_unicode")])

    def test_headers_and_cookies(self):
        self.assertEqual(ask("GET", "/head", None, {"X-API-KEY": "k", "Cookie": 'a=b; session="s 1"'})[2],
                         '["k","s 1"]')
        self.assertEqual(ask("GET", "/head", None, {"x-api-key": "k"})[2], '["k","-"]')
        self.assertEqual(offences("GET", "/head"), [(["header", "x-api-key"], "missing")])

    def test_a_body(self):
        self.assertEqual(ask("POST", "/review", '{"text":"ok"}', JSON),
                         (200, "application/json", '{"text":"ok","stars":5}'))
        self.assertEqual(offences("POST", "/review", '{"stars":6}', JSON),
                         [(["body", "text"], "missing"), (["body", "stars"], "less_than_equal")])
        self.assertEqual(offences("POST", "/review", "", JSON), [(["body"], "missing")])
        self.assertEqual(offences("POST", "/review", '{"broken', JSON), [(["body", 1], "json_invalid")])

    def test_a_body_of_several(self):
        self.assertEqual(ask("POST", "/two", '{"review":{"text":"ok"}}', JSON)[2],
                         '[{"text":"ok","stars":5},7]')
        self.assertEqual(offences("POST", "/two", '{"n":"x"}', JSON),
                         [(["body", "review"], "missing"), (["body", "n"], "int_parsing")])
        self.assertEqual(offences("POST", "/two", "", JSON), [(["body", "review"], "missing")])

    def test_a_text_body(self):
        self.assertEqual(ask("PUT", "/text", '"ä"x'.encode())[2], '"ä"x')
        self.assertEqual(ask("PUT", "/text", '"abc"', JSON)[2], "abc")
        self.assertEqual(ask("PUT", "/text", '"abc"', {"content-type": "application/x+json; a=b"})[2], "abc")
        self.assertEqual(offences("PUT", "/text", "a"), [(["body"], "string_too_short")])
        self.assertEqual(offences("PUT", "/text", "5", JSON), [(["body"], "string_type")])
        self.assertEqual(ask("POST", "/bytes", b"\x00\x01")[2], "\x00\x01")


class Results(unittest.TestCase):
    def test_forms(self):
        text = "; charset=utf-8"
        self.assertEqual(ask("GET", "/hello"), (200, "text/plain" + text, "hello"))
        self.assertEqual(ask("GET", "/json"), (200, "application/json", '"hel\\"lo"'))
        self.assertEqual(ask("GET", "/markdown"), (200, "text/markdown" + text, "# hello"))
        self.assertEqual(ask("GET", "/html"), (200, "text/html" + text, "<p>hello"))
        self.assertEqual(ask("GET", "/sse"), (200, "text/event-stream" + text, "data: a\ndata: b\n\n"))
        self.assertEqual(ask("GET", "/none"), (200, None, ""))
        self.assertEqual(ask("GET", "/float"), (200, "application/json", "1e+16"))

    def test_what_json_cannot_say(self):
        status, _, data = ask("GET", "/nan")
        self.assertEqual(status, 500)
        self.assertIn("not finite", json.loads(data)["detail"])

    def test_status_and_headers(self):
        status, head, data = server.request("POST", "/made")
        self.assertEqual((status, data, head["x-more"], head["content-type"]),
                         (201, b"made", "yes", "text/x-own"))
        self.assertEqual(head.get_all("content-length"), ["4"])

    def test_errors(self):
        self.assertEqual(ask("GET", "/fail"), (418, "application/json", '{"detail":"no \\"tea\\" here"}'))
        error = json.loads(ask("GET", "/fail/openai")[2])["error"]
        self.assertEqual(error["message"], 'no "tea" here')
        self.assertEqual(ask("GET", "/int?x=x"),
                         (500, "application/json",
                          '{"detail":"invalid literal for int() with base 10: \'x\'"}'))
        _, head, data = server.request("GET", "/int?x=x", None, {"x-request-id": "my-own"})
        self.assertEqual(head["x-request-id"], "my-own")
        self.assertNotIn(b"sample.sg", data)

    def test_deadline(self):
        begin = time.monotonic()
        self.assertEqual(ask("GET", "/sleep/short?for=5")[0], 408)
        self.assertLess(time.monotonic() - begin, 1)
        self.assertEqual(ask("GET", "/sleep/short?for=0.001")[2], "slept")

    def test_body_limit_of_a_route(self):
        self.assertEqual(ask("POST", "/small", "1234567890")[0], 200)
        self.assertEqual(ask("POST", "/small", "12345678901")[0], 413)


class Methods(unittest.TestCase):
    def test_unknown(self):
        self.assertEqual(ask("GET", "/nothing"), (404, "application/json", '{"detail":"Not Found"}'))
        self.assertEqual(ask("GET", "/items")[0], 404)

    def test_wrong_method(self):
        status, head, data = server.request("GET", "/review")
        self.assertEqual((status, head["allow"], data), (405, "POST", b'{"detail":"Method Not Allowed"}'))
        self.assertEqual(server.request("TRACE", "/hello")[1]["allow"], "GET, HEAD")

    def test_head_and_options(self):
        status, head, data = server.request("HEAD", "/hello")
        self.assertEqual((status, head["content-length"], data), (200, "5", b""))
        status, head, data = server.request("OPTIONS", "/made")
        self.assertEqual((status, head["allow"], data), (204, "POST, OPTIONS", b""))


class Pages(unittest.TestCase):
    def test_health_and_routes(self):
        self.assertEqual(ask("GET", "/-/healthz"), (200, "text/plain; charset=utf-8", "success"))
        self.assertEqual(ask("GET", "/-/readyz"), (200, "text/plain; charset=utf-8", "ready"))
        self.assertEqual(json.loads(ask("GET", "/-/routes")[2]), {"/": "sample", "/other": "other"})

    def test_docs(self):
        for path in ("/docs", "/docs/", "/other/docs"):
            status, kind, page = ask("GET", path)
            self.assertEqual((status, kind), (200, "text/html; charset=utf-8"))
            self.assertNotRegex(page, r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//")

    def test_openapi(self):
        api = json.loads(ask("GET", "/openapi.json")[2])
        self.assertEqual(api["openapi"], "3.1.0")
        item = api["paths"]["/items/{id}"]["get"]
        self.assertEqual([(p["name"], p["in"], p["required"]) for p in item["parameters"]],
                         [("id", "path", True), ("q", "query", False), ("tag", "query", False)])
        self.assertEqual(item["summary"], "A route.")
        self.assertIn("/files/{rest}", api["paths"])
        review = api["components"]["schemas"]["Review"]
        self.assertEqual(review["properties"]["text"], {"type": "string", "minLength": 2})
        self.assertEqual(review["properties"]["stars"],
                         {"type": "integer", "minimum": 1, "maximum": 5, "default": 5})
        self.assertEqual(review["required"], ["text"])
        self.assertEqual(review["description"], "What one says.")
        body = api["paths"]["/review"]["post"]["requestBody"]["content"]["application/json"]
        self.assertEqual(body["schema"], {"$ref": "#/components/schemas/Review"})
        self.assertIn("422", api["paths"]["/review"]["post"]["responses"])
        self.assertNotIn("422", api["paths"]["/hello"]["get"]["responses"])
        self.assertIn("HTTPValidationError", api["components"]["schemas"])

    def test_every_reference_leads_somewhere(self):
        text = ask("GET", "/openapi.json")[2]
        api = json.loads(text)

        def follow(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    name = node["$ref"].rsplit("/", 1)[1]
                    self.assertIn(name, api["components"]["schemas"])
                for part in node.values():
                    follow(part)
            elif isinstance(node, list):
                for part in node:
                    follow(part)
        follow(api)

    def test_openapi_of_an_app(self):
        api = json.loads(ask("GET", "/other/openapi.json")[2])
        self.assertEqual(sorted(api["paths"]), ["/other", "/other/hello"])
        self.assertEqual(api["info"]["title"], "other")


class Life(unittest.TestCase):
    def run_sgrun(self, *args, **more):
        return support.run(support.SGRUN, *args, **more)

    def test_check(self):
        done = self.run_sgrun("--check", plan)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("a sound plan", done.stdout)

    def test_plans_that_are_none(self):
        with tempfile.TemporaryDirectory() as at:
            whole = plan.read_bytes()
            made = {"empty": b"", "short": whole[:-1], "cut": whole[:100],
                    "foreign": b"#!/bin/sh\n" * 1000,
                    "damaged": whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]}
            for name, data in made.items():
                path = pathlib.Path(at) / f"{name}.plan"
                path.write_bytes(data)
                done = self.run_sgrun("--check", path)
                self.assertEqual(done.returncode, 1, name)
                self.assertRegex(done.stderr, rf"^sgrun: .*{name}\.plan: .+\n$")
            for path in (at, f"{at}/missing.plan", "/dev/null"):
                done = self.run_sgrun("--check", path)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"^sgrun: .+: .+\n$")

    def test_wrong_usage(self):
        for args in (["--lisen", "x", plan], [], [plan, plan], ["--listen", "nowhere", plan],
                     ["--loops", "0", plan], ["--log", "xml", plan], ["--max-body", "12", plan],
                     ["--request-timeout", "1d", plan], ["--completion", "csh"]):
            done = self.run_sgrun(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertRegex(done.stderr, r"^sgrun: .+\nsgrun: try 'sgrun --help'\n$")

    def test_help(self):
        done = self.run_sgrun("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--request-timeout DURATION", done.stdout)
        self.assertRegex(self.run_sgrun("--version").stdout, r"^sgrun \d+\.\d+\.\d+\n$")
        self.assertIn("\\-\\-watch", self.run_sgrun("--man").stdout)

    def test_address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = self.run_sgrun(plan, "--listen", f"127.0.0.1:{port}")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"^sgrun: cannot listen on 127.0.0.1:{port}: .+\n$")

    def test_out_of_files(self):
        """Too few descriptors to start with: a reason, never an abort."""
        for files in range(4, 20):
            def limit(n=files):
                resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
            p = subprocess.Popen([support.SGRUN, plan, "--listen", "127.0.0.1:0"], text=True,
                                 stderr=subprocess.PIPE, preexec_fn=limit)
            first = p.stderr.readline()
            if "ready on" in first:
                p.terminate()
            rest = p.stderr.read()
            p.stderr.close()
            self.assertIn(p.wait(10), (0, 1), first + rest)
            self.assertRegex(first, r"^sgrun: (ready on|.*too many open files)")
        self.assertIn("ready on", first)

    def test_drain(self):
        """SIGTERM lets the request end, takes no other, and exits with 0."""
        with support.Server(plan) as s:
            got = []
            t = threading.Thread(target=lambda: got.append(s.request("GET", "/sleep?for=0.4")))
            t.start()
            time.sleep(0.15)
            s.process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            with self.assertRaises(OSError):
                s.request("GET", "/hello")
            t.join()
            self.assertEqual(got[0][2], b"slept")
            self.assertEqual(s.process.wait(5), 0)

    def test_stop_now(self):
        with support.Server(plan) as s:
            c = http.client.HTTPConnection(s.host, s.port)
            c.request("GET", "/sleep?for=30")
            time.sleep(0.1)
            s.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
            self.assertIsNone(s.process.poll())
            s.process.send_signal(signal.SIGINT)
            self.assertEqual(s.process.wait(5), 130)
            c.close()

    def test_patience_ends(self):
        with support.Server(plan, "--drain", "200ms") as s:
            c = http.client.HTTPConnection(s.host, s.port)
            c.request("GET", "/sleep?for=30")
            time.sleep(0.1)
            s.process.send_signal(signal.SIGTERM)
            self.assertEqual(s.process.wait(5), 0)
            c.close()

    def test_client_that_leaves(self):
        with support.Server(plan, "--log", "json") as s:
            c = http.client.HTTPConnection(s.host, s.port)
            c.request("GET", "/sleep?for=30")
            time.sleep(0.1)
            c.close()
            time.sleep(0.3)
            s.log.seek(0)
            entry = json.loads(s.log.read())
            self.assertEqual((entry["path"], entry["status"]), ("/sleep", 0))
            self.assertLess(entry["ms"], 2000)

    def test_loops(self):
        with support.Server(plan, "--loops", "3") as s:
            for _ in range(30):
                self.assertEqual(s.request("GET", "/hello")[2], b"hello")
            s.process.send_signal(signal.SIGTERM)
            self.assertEqual(s.process.wait(5), 0)

    def test_request_timeout(self):
        with support.Server(plan, "--request-timeout", "50ms") as s:
            self.assertEqual(s.request("GET", "/sleep?for=5")[0], 408)

    def test_max_body(self):
        with support.Server(plan, "--max-body", "1KB") as s:
            self.assertEqual(s.request("POST", "/bytes", b"x" * 1000)[0], 200)
            self.assertEqual(s.request("POST", "/bytes", b"x" * 1001)[0], 413)


class Log(unittest.TestCase):
    def entries(self, form):
        with support.Server(plan, "--log", form) as s:
            s.request("GET", "/hello", None, {"x-request-id": "one"})
            s.request("GET", "/fail%0aX", None, {"x-request-id": "two"})
            s.request("GET", "/int?x=x", None, {"x-request-id": "three"})
            time.sleep(0.3)
            s.log.seek(0)
            return s.log.read().splitlines()

    def test_json(self):
        one, two, three = map(json.loads, self.entries("json"))
        self.assertEqual((one["id"], one["method"], one["path"], one["route"], one["status"], one["bytes"]),
                         ("one", "GET", "/hello", "/hello", 200, 5))
        self.assertEqual((two["path"], two["status"]), ("/fail\nX", 404))
        self.assertNotIn("route", two)
        self.assertIn("invalid literal", three["error"])

    def test_text(self):
        one, two, three = self.entries("text")
        self.assertRegex(one, r"^\S+Z 127\.0\.0\.1 GET /hello 200 5 \d+\.\d{3}ms one$")
        self.assertIn("/fail\\x0aX 404", two)
        self.assertIn("error: invalid literal", three)


class Watch(unittest.TestCase):
    def test_a_plan_that_changes(self):
        """A good plan replaces the one that is served, a bad one does not."""
        with tempfile.TemporaryDirectory() as at:
            path = pathlib.Path(at) / "app.plan"
            shutil.copy(plan, path)
            with support.Server(path, "--watch") as s:
                self.assertEqual(s.request("GET", "/hello")[2], b"hello")
                changed = pathlib.Path(at) / "new"
                changed.write_bytes(b"not a plan")
                os.replace(changed, path)
                self.assertRegex(s.process.stderr.readline(), r"app\.plan: .+; the plan before stays")
                self.assertEqual(s.request("GET", "/hello")[2], b"hello")
                got = []
                t = threading.Thread(target=lambda: got.append(s.request("GET", "/sleep?for=0.6")))
                t.start()
                time.sleep(0.1)
                subprocess.run([support.BUILD / "tests/sample_plan", changed, "bonjour"], check=True)
                os.replace(changed, path)
                self.assertRegex(s.process.stderr.readline(), r"^sgrun: reloaded .*app\.plan \(")
                self.assertEqual(s.request("GET", "/hello")[2], b"bonjour")
                t.join()
                self.assertEqual(got[0][2], b"slept")

    def wait_for(self, server, wanted):
        end = time.monotonic() + 15
        while (got := server.request("GET", "/")[2]) != wanted:
            self.assertLess(time.monotonic(), end, got)
            time.sleep(0.02)

    def test_a_source_that_was_wrong_from_the_first(self):
        """A program begins to use files in other folders: one is wrong, one is not there."""
        with tempfile.TemporaryDirectory() as at:
            at = pathlib.Path(at)
            path, wrong, gone = at / "main.sg", at / "a $b" / "w#.sg", at / "c" / "g.sg"
            path.write_text('app a { route GET "/" -> "1" }\n')
            wrong.parent.mkdir()
            gone.parent.mkdir()
            wrong.write_text("fn f( = 1\n")
            with support.Server(path, "--watch") as s:
                self.wait_for(s, b"1")
                path.write_text('use "./a $b/w#.sg"\nuse "./c/g.sg"\n'
                                'app a { route GET "/" -> f() + g() }\n')
                while "stays" not in s.process.stderr.readline():
                    pass
                wrong.write_text('fn f() -> str = "2"\n')
                while "stays" not in s.process.stderr.readline():
                    pass
                gone.write_text('fn g() -> str = "3"\n')
                self.wait_for(s, b"23")
            self.assertEqual(list(pathlib.Path(tempfile.gettempdir()).glob("sgrun-*.plan*")), [])

    def test_sources_that_come_and_go(self):
        """What a program begins to use is watched too; files and folders are replaced, deleted
        and made again."""
        main = 'use "./{0}"\napp a {{ route GET "/" -> f() }}\n'
        with tempfile.TemporaryDirectory() as at:
            at = pathlib.Path(at)
            path, one, two = at / "main.sg", at / "one.sg", at / "sub" / "two.sg"
            one.write_text('fn f() -> str = "1"\n')
            path.write_text(main.format("one.sg"))
            with support.Server(path, "--watch") as s:
                self.wait_for(s, b"1")
                path.write_text(main.format("sub/two.sg"))  # which is not there yet
                self.assertIn("error", s.process.stderr.readline())
                two.parent.mkdir()
                two.write_text('fn f() -> str = "2"\n')
                path.write_text(main.format("sub/two.sg"))
                self.wait_for(s, b"2")
                two.write_text('fn f() -> str = "3"\n')
                self.wait_for(s, b"3")
                for n in range(4, 7):  # as editors do it
                    (two.parent / "new~").write_text(f'fn f() -> str = "{n}"\n')
                    os.replace(two.parent / "new~", two)
                    self.wait_for(s, str(n).encode())
                two.unlink()
                time.sleep(0.3)
                two.write_text('fn f() -> str = "7"\n')
                self.wait_for(s, b"7")
                shutil.rmtree(two.parent)
                time.sleep(0.3)
                two.parent.mkdir()
                two.write_text('fn f() -> str = "8"\n')
                self.wait_for(s, b"8")
                two.write_text('fn f() -> str = "9"\n')
                self.wait_for(s, b"9")
                path.write_text("what is this\n" + main.format("three.sg"))
                time.sleep(0.3)
                path.write_text(main.format("three.sg"))
                time.sleep(0.3)
                (at / "three.sg").write_text('fn f() -> str = "10"\n')
                self.wait_for(s, b"10")


if __name__ == "__main__":
    unittest.main()
