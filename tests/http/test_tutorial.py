"""The deployment graph tutorial over HTTP: its table of exact answers."""
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

SOURCE = support.ROOT / "examples/tutorial/tutorial.sg"


def setUpModule():
    global folder, server
    folder = tempfile.TemporaryDirectory()
    server = support.Server(support.compile_plan(SOURCE, folder.name)).__enter__()


def tearDownModule():
    server.__exit__()
    folder.cleanup()


def post(path, body, content_type="application/json"):
    """(status, content type, body) of a POST."""
    if isinstance(body, str):
        body = body.encode()
    status, head, data = server.request("POST", path, body, {"content-type": content_type})
    return status, head["content-type"], data


def refused(path, body, **more):
    """The offences of a POST that is refused."""
    status, kind, data = post(path, body, **more)
    assert (status, kind) == (422, "application/json"), (status, kind, data)
    return json.loads(data)["detail"]


class Dag(unittest.TestCase):
    def test_answers(self):
        kind = "text/plain; charset=utf-8"
        self.assertEqual(post("/my-dag", '["5", [1, 2], "sum"]'),
                         (200, kind, b"sum(['(1 * (5 + 1.5))', '(2 * (5 + 1.5))'])"))
        self.assertEqual(post("/my-dag", '["1", [0, 2], "max"]'),
                         (200, kind, b"max(['(1 * (1 + 1.0))', '(2 * (1 + 1.0))'])"))

    def test_a_user_error(self):
        status, head, data = server.request("POST", "/my-dag", b'["x", [1], "sum"]',
                                            {"x-request-id": "who-asked"})
        self.assertEqual((status, head["x-request-id"]), (500, "who-asked"))
        self.assertEqual(json.loads(data), {"detail": "invalid literal for int() with base 10: 'x'"})

    def test_offences(self):
        for body, loc, kind in (('["5", [1, 2]]', ["body", 2], "missing"),
                                ('["5", [1, "a"], "sum"]', ["body", 1, 1], "float_parsing"),
                                ('["5", [1, 2], "min"]', ["body", 2], "literal_error"),
                                ('["5", [], "sum"]', ["body", 1], "too_short"),
                                ('{"broken', ["body", 1], "json_invalid")):
            detail = refused("/my-dag", body)
            self.assertEqual([(d["loc"], d["type"]) for d in detail], [(loc, kind)], body)
        self.assertEqual(refused("/my-dag", '["5", [1, "a"], "sum"]')[0]["input"], "a")
        self.assertEqual([d["loc"] for d in refused("/my-dag", '["5", [1, "a"], "min"]')],
                         [["body", 1, 1], ["body", 2]])

    def test_wrong_method(self):
        status, head, _ = server.request("GET", "/my-dag")
        self.assertEqual((status, head["allow"]), (405, "POST"))

    def test_branches_run_side_by_side(self):
        times = []
        for _ in range(3):
            begin = time.monotonic()
            self.assertEqual(post("/my-dag", '["5", [1, 2], "sum"]')[0], 200)
            times.append(time.monotonic() - begin)
        self.assertGreaterEqual(min(times), 0.45)
        self.assertLess(min(times), 0.6)  # one after another is 0.85 s

    def test_limits_queue(self):
        """Five calls at a time: ten requests of one replica take two rounds."""
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(post("/my-dag", '["5", [1, 2], "sum"]')))
                   for _ in range(10)]
        begin = time.monotonic()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual({a[0] for a in answers}, {200})
        self.assertGreaterEqual(time.monotonic() - begin, 0.6)


class Adapters(unittest.TestCase):
    """Arrays and images."""

    def test_ndarray(self):
        self.assertEqual(post("/ndarray", '{"array": [[1, 2], [3, 4]]}'),
                         (200, "application/json", b'{"shape":[2,2],"sum":10.0}'))
        self.assertEqual(post("/ndarray", '{"array": [1.9, 2.1, 3, 4], "shape": [2, 2], "dtype": "int64"}')[2],
                         b'{"shape":[2,2],"sum":10.0}')
        detail = refused("/ndarray", '{"array": [1, 2, 3], "shape": [2, 2]}')
        self.assertIn("3", detail[0]["msg"])
        self.assertRegex(detail[0]["msg"], r"4|\[2, 2\]|\(2, 2\)")

    def test_image(self):
        png = subprocess.run([sys.executable, support.ROOT / "tests/tools/make_png.py", "100", "100"],
                             check=True, capture_output=True).stdout
        head = b'--b\r\ncontent-disposition: form-data; name="img"; filename="a.png"\r\n\r\n'
        body = head + png + b"\r\n--b--\r\n"
        status, kind, data = post("/image", body, "multipart/form-data; boundary=b")
        self.assertEqual((status, kind), (200, "application/json"), data)
        self.assertEqual(json.loads(data)["shape"], [100, 100, 3])
        self.assertIsInstance(json.loads(data)["mean"], float)
        broken = head + png[:200] + b"\r\n--b--\r\n"
        refused("/image", broken, content_type="multipart/form-data; boundary=b")


class Source(unittest.TestCase):
    def test_tests_of_a_source(self):
        done = support.run(support.SGRUN, "--test", SOURCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\n2 passed, 0 failed\n$")
        done = support.run(support.SGRUN, "--test", "--filter", "overlap", SOURCE)
        self.assertRegex(done.stdout, r"^ok the branches overlap\n1 passed, 0 failed\n$")

    def test_a_source_is_compiled_first(self):
        with support.Server(SOURCE) as s:
            self.assertEqual(s.request("GET", "/-/routes")[2], b'{"/":"tutorial"}')

    def test_an_app_without_routes_has_no_prefix(self):
        with tempfile.TemporaryDirectory() as at:
            path = pathlib.Path(at) / "two.sg"
            path.write_text("app inner { graph twice(x: int) -> int = 2 * x }\n"
                            "app outer { route GET \"/\" (x: int) -> inner.twice(x) }\n")
            with support.Server(path) as s:
                self.assertEqual(s.request("GET", "/?x=4")[2], b"8")
                self.assertEqual(s.request("GET", "/-/routes")[2], b'{"/":"outer"}')

    def test_a_wrong_source(self):
        with tempfile.TemporaryDirectory() as at:
            path = pathlib.Path(at) / "bad.sg"
            path.write_text("app a { route GET \"/\" -> nothing }\n")
            done = support.run(support.SGRUN, path, env={"TMPDIR": at, "PATH": "/usr/bin:/bin"})
            self.assertEqual(done.returncode, 1)
            self.assertIn("nothing", done.stderr)
            self.assertEqual([p.name for p in pathlib.Path(at).iterdir()], ["bad.sg"])

    def test_watch(self):
        """A source that changes is compiled again; a wrong one changes nothing."""
        program = 'app a {{\n  route GET "/" -> "{}"\n}}\n'
        with tempfile.TemporaryDirectory() as at:
            path = pathlib.Path(at) / "app.sg"
            path.write_text(program.format("one"))
            with support.Server(path, "--watch") as s:
                self.assertEqual(s.request("GET", "/")[2], b"one")
                path.write_text(program.format("two") + "}")
                while "the plan before stays" not in s.process.stderr.readline():
                    pass
                self.assertEqual(s.request("GET", "/")[2], b"one")
                path.write_text(program.format("three"))
                self.assertRegex(s.process.stderr.readline(), r"^sgrun: reloaded .*app\.sg \(")
                self.assertEqual(s.request("GET", "/")[2], b"three")


if __name__ == "__main__":
    unittest.main()
