"""Weights, compared with the library safetensors: what it writes is read as the same numbers, and
what it refuses is refused."""
import json
import pathlib
import random
import struct
import sys
import tempfile
import unittest

import numpy
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import support  # noqa: E402

PROGRAM = """
deployment Model(dir: str) {
  let w: map tensor f64[..] = safetensors(dir)
  fn all() -> map tensor f64[..] = w
}
app a {
  bind m = Model(env("DIR", ""))
  route GET "/" -> m.all()
}
test "it starts" { assert len(a.m.all()) >= 0 }
"""
FLOATS = {"f2": numpy.float16, "f4": numpy.float32, "f8": numpy.float64}


def header(text, data=b""):
    return struct.pack("<Q", len(text)) + text + data


def one(fields, data=b"12345678"):
    return header(b'{"x":{%s}}' % fields, data)


X = b'"dtype":"F32","shape":[2],"data_offsets":[0,8]'
MALFORMED = [
    b"", b"1234567", header(b""), header(b"["), header(b"{"), header(b"[]"), header(b"{}x"), header(b"null"),
    struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 100_000_001) + b"{}", struct.pack("<Q", 3) + b"{}",
    header(b'{"\xff":1}'), header(b'{"x":1}'), header(b'{"x":{}}'), header(b"{}", b"1"),
    one(X, b"1234567"), one(X, b"123456789"), one(X + b","), one(X + b',"shape":[2]'), one(X + b',"a":01'),
    one(X + b',"a":' + b"[" * 1000 + b"]" * 1000), one(X + b',"a":1e999'), one(X + b',"a":"\\ud800"'),
    header(b'{"__metadata__":{"a":1},"x":{%s}}' % X, b"12345678"), header(b'{"__metadata__":[]}'),
    header(b'{"__metadata__":{},"__metadata__":{}}'),
    *(one(X.replace(a, b)) for a, b in [
        (b"F32", b"F33"), (b"F32", b"f32"), (b'"F32"', b"1"), (b"[2]", b"[-2]"), (b"[2]", b"[2.0]"),
        (b"[2]", b"[2e0]"), (b"[2]", b"2"), (b"[2]", b'["2"]'), (b"[2]", b"[02]"), (b"[2]", b"[2,]"),
        (b"[2]", b"[18446744073709551616]"), (b"[2]", b"[9223372036854775807,4]"), (b"[2]", b"[3]"),
        (b"[0,8]", b"[8,0]"), (b"[0,8]", b"[0,9]"), (b"[0,8]", b"[1,9]"), (b"[0,8]", b"[0]"),
        (b"[0,8]", b"[0,8,8]"), (b"[0,8]", b"[-0,8]"), (b"F32", b"F64"), (b'"dtype"', b'"type"')])]


class WithSafetensors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.plan = support.compile_plan(PROGRAM, cls.folder, "--tests")
        cls.path = cls.folder / "model.safetensors"

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def read(self):
        with support.Server(self.plan, env={"DIR": str(self.folder)}) as s:
            return json.loads(s.request("GET", "/")[2])

    def refused(self, data):
        """Why a program does not start with these weights, or what it does say."""
        self.path.write_bytes(data)
        done = support.run(support.SGRUN, self.plan, "--test", env={"DIR": str(self.folder)})
        return done.stdout + done.stderr

    def test_what_it_writes_is_read(self):
        rng = numpy.random.default_rng(7)
        tensors = {"scalar": numpy.array(1.5, numpy.float32), "none": numpy.zeros((0, 3), numpy.float64)}
        for name, dtype in FLOATS.items():
            for rank in range(1, 5):
                shape = rng.integers(1, 5, rank)
                tensors[f"{name}.{rank}.\N{SNOWMAN}"] = rng.normal(size=shape).astype(dtype)
        save_file(tensors, self.path, metadata={"format": "np"})
        read = self.read()
        self.assertEqual(sorted(read), sorted(tensors))
        for name, x in tensors.items():
            numpy.testing.assert_array_equal(numpy.array(read[name]).reshape(x.shape),
                                             x.astype(numpy.float64), name)

    def test_what_it_refuses_is_refused(self):
        for data in MALFORMED:
            with self.subTest(data[:200]):
                with self.assertRaises(SafetensorError):
                    deserialize(data)
                self.assertRegex(self.refused(data), "could not start: ")

    def test_headers_that_were_changed(self):
        """Nothing that it refuses is taken."""
        random.seed(5)
        whole = header(b'{"__metadata__":{"a":"b"},"x":{%s},"y":{"dtype":"U8","shape":[2,1],'
                       b'"data_offsets":[8,10]}}' % X, b"1234567890")
        refused = 0
        for _ in range(400):
            data = bytearray(whole)
            for _ in range(random.randint(1, 3)):
                at = random.randrange(len(data) - 10)
                data[at:at + random.randint(0, 2)] = random.choice([b"", b"0", b"[", b"]", b",", b'"', b"9", b"}"])
            try:
                deserialize(bytes(data))
            except SafetensorError:
                refused += 1
                self.assertRegex(self.refused(bytes(data)), "could not start: ", data)
        self.assertGreater(refused, 100)


if __name__ == "__main__":
    unittest.main()
