"""Forms with lists, files and what may be missing; sizes that are less than nothing."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import Server, compile_plan

PROGRAM = """
type Upload = { name: str, tags: [str], photo: bytes?, files: [bytes]?, sizes: [size]?, n: int = 3 }
app a {
  route POST "/" (u: Upload from form) -> {
    name: u.name, tags: u.tags, photo: len(u.photo ?? bytes("")), files: [len(f) for f in u.files ?? []], sizes: u.sizes, n: u.n
  }
  route GET "/size" (s: size) -> s
  route POST "/size" (s: [size] in body) -> s
}
"""
LIMIT = {"type": "greater_than_equal", "msg": "Input should be greater than or equal to 0", "ctx": {"ge": 0}}


def multipart(*fields):
    out = b""
    for name, data, filename in fields:
        file = f'; filename="{filename}"' if filename else ""
        out += f'--xx\r\ncontent-disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"
    return out + b"--xx--\r\n", {"content-type": "multipart/form-data; boundary=xx"}


class Forms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server(compile_plan(PROGRAM, cls.folder.name)).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def post(self, body, headers, path="/"):
        status, _, data = self.server.request("POST", path, body, headers)
        return status, json.loads(data)

    def test_all_of_it(self):
        body = multipart(("name", b"x", None), ("tags", b"a", None), ("tags", "ü".encode(), None), ("photo", b"\xff\x00\xd8", "p.jpg"),
                         ("files", b"1", "1"), ("files", b"\xfe" * 5, "2"), ("sizes", b"5", None), ("n", b"7", None))
        self.assertEqual(self.post(*body), (200, {"name": "x", "tags": ["a", "ü"], "photo": 3, "files": [1, 5], "sizes": [5], "n": 7}))

    def test_what_is_missing(self):
        form = {"content-type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.post("name=x&tags=a", form),
                         (200, {"name": "x", "tags": ["a"], "photo": 0, "files": [], "sizes": None, "n": 3}))
        status, answer = self.post("tags=a&n=x&sizes=-1&sizes=2", form)
        self.assertEqual((status, sorted((o["type"], o["loc"]) for o in answer["detail"])),
                         (422, [("greater_than_equal", ["body", "sizes", 0]), ("int_parsing", ["body", "n"]), ("missing", ["body", "name"])]))
        status, answer = self.post("name=x", form)
        self.assertEqual((status, [o["loc"] for o in answer["detail"]]), (422, [["body", "tags"]]))

    def test_sizes(self):
        for text, status in (("0", 200), ("5", 200), ("-1", 422), ("-0", 200), ("-9223372036854775808", 422)):
            got, _, data = self.server.request("GET", f"/size?s={text}")
            self.assertEqual(got, status, text)
            if status == 422:
                self.assertEqual(json.loads(data)["detail"], [{**LIMIT, "loc": ["query", "s"], "input": text}])
        got, answer = self.post("[1, -2, 3.0, -4.5]", {"content-type": "application/json"}, "/size")
        self.assertEqual((got, [(o["type"], o["loc"]) for o in answer["detail"]]),
                         (422, [("greater_than_equal", ["body", 1]), ("int_from_float", ["body", 3])]))


if __name__ == "__main__":
    unittest.main()
