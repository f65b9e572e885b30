"""Weights: files of safetensors, read into the types of programs."""
import pathlib
import re
import resource
import shutil
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402
from weight_files import file_bytes, tensor, write, write_shards  # noqa: E402

PROGRAM = """
type Linear[D] = { weight: tensor f32[D, D], bias: tensor f32[D]? }
type Weights[V, D, C] = {
  embed: { weight: tensor f32[V, D] }
  layer: [{ lin: Linear[D], norm: { weight: tensor f32[D] } }]
  head: { weight: tensor f32[C, D] }?
  pair: (tensor f64[1], tensor i64[..])?
  named: map tensor f32[..] = {}
  parts: map { a: tensor i32[2] } = {}
}
deployment Model(dir: str, precision: str, prefix: str) {
  let w: Weights[V, D, C] = safetensors(dir, precision: precision, prefix: prefix)
  fn layers() -> [str] = [
    "{sum(l.lin.weight)} {l.lin.bias != none} {mean(l.norm.weight)}" for l in w.layer
  ]
  fn seen() -> str {
    let pair = w.pair
    let pairs = if pair == none then "none" else "{sum(pair.0)} {sum(pair.1)}"
    let named = join(["{k} {sum(v)}" for k, v in w.named], with: ", ")
    let parts = join(["{k} {sum(v.a)}" for k, v in w.parts], with: ", ")
    return "{shape(w.embed.weight)} {layers()} {w.head != none} [{pairs}] [{named}] [{parts}]"
  }
}
app a {
  bind m = Model(env("DIR", ""), env("PRECISION", "f32"), env("PREFIX", ""))
  route GET "/" -> m.seen()
}
"""


def model():
    """Of two layers, three rows and a width of two; all else is missing."""
    tensors = {"embed.weight": tensor("F32", [3, 2])}
    for i in range(2):
        tensors[f"layer.{i}.lin.weight"] = tensor("F32", [2, 2])
        tensors[f"layer.{i}.norm.weight"] = tensor("F32", [2])
    return tensors


SEEN = "[3, 2] ['6.0 False 0.5', '6.0 False 0.5'] False [none] [] []"


class Weights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.plan = support.compile_plan(PROGRAM, cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def place(self, tensors, **more):
        """A new folder with model.safetensors."""
        at = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        write(at / "model.safetensors", tensors, **more)
        return at

    def seen(self, at, **env):
        with support.Server(self.plan, env={"DIR": str(at), **env}) as s:
            return s.request("GET", "/")[2].decode()

    def fails(self, at, preexec=None, **env):
        """Why the program does not start with these weights."""
        done = support.run(support.SGRUN, self.plan, "--listen", "127.0.0.1:0",
                           env={"DIR": str(at), **env}, preexec_fn=preexec)
        self.assertEqual(done.returncode, 1, done)
        begin = re.match(r"sgrun: [^ ]+:\d+:\d+: m could not start: (.*)\n$", done.stderr)
        self.assertTrue(begin, done.stderr)
        return begin[1]

    def test_what_is_there_is_read(self):
        self.assertEqual(self.seen(self.place(model())), SEEN)

    def test_all_forms_of_types(self):
        tensors = {**model(), "head.weight": tensor("F32", [5, 2]),
                   "layer.1.lin.bias": tensor("F32", [2]),
                   "pair.0": tensor("F64", [1], [1.5]), "pair.1": tensor("I64", [], [7]),
                   "named.a.b": tensor("F32", []), "named.z": tensor("F32", [2, 0, 3]),
                   "parts.x.a": tensor("I32", [2]), "parts.y.a": tensor("I32", [2], [-5, 2]),
                   "parts.y.b": tensor("I16", [1]), "parts.z": tensor("F32", [1])}
        self.assertEqual(self.seen(self.place(tensors)),
                         "[3, 2] ['6.0 False 0.5', '6.0 True 0.5'] True [1.5 7.0] "
                         "[a.b 0.0, z 0.0] [x 1.0, y -3.0]")

    def test_element_types_become_what_is_declared(self):
        tensors = {**model(), "layer.0.lin.weight": tensor("F16", [2, 2], [1.5, 65504, 2**-24, -1]),
                   "layer.1.lin.weight": tensor("BF16", [2, 2], [1.5, 2.0**100, -(2.0**100), -1]),
                   "layer.0.norm.weight": tensor("F64", [2], [0.25, 1e-60]),
                   "pair.0": tensor("F32", [1], [2.5]), "pair.1": tensor("U8", [3])}
        self.assertEqual(self.seen(self.place(tensors)),
                         "[3, 2] ['65504.500000059605 False 0.125', '-1.0 False 0.5'] "
                         "False [2.5 3.0] [] []")

    def test_data_that_lie_oddly(self):
        """Behind a header of any length."""
        for pad in (1, 8):
            tensors = {"odd": tensor("U8", [3]), **model(), "note": tensor("BOOL", [1])}
            self.assertEqual(self.seen(self.place(tensors, pad=pad, metadata={"a": "bc"})), SEEN)

    def test_shards_and_files(self):
        tensors = model()
        names = sorted(tensors)
        at = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        write_shards(at, {n: tensors[n] for n in names[::2]}, {n: tensors[n] for n in names[1::2]})
        self.assertEqual(self.seen(at), SEEN)
        self.assertEqual(self.seen(at / "model.safetensors.index.json"), SEEN)
        one = at / "any.name"
        write(one, tensors)
        self.assertEqual(self.seen(one), SEEN)
        (at / "model-00002-of-00002.safetensors").unlink()
        self.assertEqual(self.fails(at), f"{at}/model-00002-of-00002.safetensors: "
                         "No such file or directory")

    def test_a_prefix(self):
        at = self.place({f"bert.model.{n}": t for n, t in model().items()})
        for prefix in ("bert.model", "bert.model."):
            self.assertEqual(self.seen(at, PREFIX=prefix), SEEN)
        self.assertRegex(self.fails(at), r"`embed.weight` is missing; .*; but "
                         r"`bert.model.embed.weight` is there: is it `prefix: \"bert.model\"`\?$")
        self.assertRegex(self.fails(self.place(model()), PREFIX="bert"),
                         r"`bert.embed.weight` is missing; .*: is it `prefix: \"\"`\?$")

    def test_all_that_does_not_fit_is_said_at_once(self):
        tensors = {**model(), "embed.weight": tensor("F32", [3, 2, 1]),
                   "layer.0.lin.weight": tensor("F32", [4, 4]),
                   "layer.1.lin.weight": tensor("I32", [2, 2]),
                   "layer.0.norm.weight": tensor("F32", [5]),
                   "pair.0": tensor("F64", [2]), "pair.1": tensor("F32", [1]),
                   "parts.x.b": tensor("I32", [2])}
        del tensors["layer.1.norm.weight"]
        at = self.place(tensors)
        self.assertEqual(
            self.fails(at),
            f"{at}: 8 do not fit: `embed.weight` is [3, 2, 1], not [V, D]; "
            "`layer.0.norm.weight` is [5], not [D], where D is 4 by `layer.0.lin.weight`; "
            "`layer.1.lin.weight` is I32, and cannot become f32; "
            "`layer.1.lin.weight` is [2, 2], not [D, D], where D is 4 by `layer.0.lin.weight`; "
            "`layer.1.norm.weight` is missing; "
            "`pair.0` is [2], not [1]; `pair.1` is F32, and cannot become i64; "
            "`parts.x.a` is missing")

    def test_many_offences_are_counted(self):
        tensors = {**model(), **{f"parts.p{i}.b": tensor("I8", [1]) for i in range(30)}}
        why = self.fails(self.place(tensors))
        self.assertIn("30 do not fit: `parts.p0.a` is missing; ", why)
        self.assertTrue(why.endswith("; and 10 more"), why)

    def test_lists_have_no_gaps(self):
        tensors = {n.replace("layer.1", "layer.3"): t for n, t in model().items()}
        at = self.place(tensors)
        self.assertEqual(self.fails(at), f"{at}: `layer` has an element 3, and no 1")
        at = self.place({n: t for n, t in model().items() if n.startswith("embed")})
        self.assertEqual(self.fails(at), f"{at}: `layer.0` is missing")
        tensors = {**model(), "layer.01.x": tensor("F32", [1]), "layer.x": tensor("F32", [1]),
                   "layer.-1.x": tensor("F32", [1]), "layer.99999999999999999999.x": tensor("F32", [1])}
        self.assertEqual(self.seen(self.place(tensors)), SEEN)

    def test_places_that_are_none(self):
        empty = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.assertEqual(self.fails(empty), f"{empty}: it has neither model.safetensors nor "
                         "model.safetensors.index.json")
        (empty / "pytorch_model.bin").write_bytes(b"x")
        self.assertIn("pytorch_model.bin has to be saved as safetensors", self.fails(empty))
        self.assertEqual(self.fails("/nowhere/x"), "/nowhere/x: No such file or directory")
        self.assertEqual(self.fails(""), ": No such file or directory")
        self.assertIn("the precision is", self.fails(self.place(model()), PRECISION="f64"))

    def test_damaged_files(self):
        at = self.place(model())
        path = at / "model.safetensors"
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        self.assertRegex(self.fails(at), "is it whole\\?$")
        path.write_bytes(whole[:100])
        self.assertRegex(self.fails(at), "is it whole\\?$")
        path.write_bytes(b"\x80\x02ctorch")
        self.assertRegex(self.fails(at), "is it a safetensors file\\?$")

    @unittest.skipIf("asan" in str(support.BUILD), "it takes address space without limit")
    def test_short_memory(self):
        """What cannot be mapped, or converted, is an error of the start."""
        at = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        gigabyte = 1 << 30

        def sparse(dtype, size):
            content = file_bytes({"x": (dtype, [0], b"")}).replace(b"[0]", b"[%d]" % (
                size // 2)).replace(b"[0,0]", b"[0,%d]" % size)
            header = content[8:].rstrip() + b" " * 8
            with open(at / "model.safetensors", "wb") as f:
                f.write(struct.pack("<Q", len(header)) + header)
                f.truncate(f.tell() + size)

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (6 * gigabyte, 6 * gigabyte))

        source = """
type W = { x: tensor f32[_] }
deployment Model(dir: str) {
  let w: W = safetensors(dir)
  fn size() -> [int] = shape(w.x)
}
app a {
  bind m = Model(env("DIR", ""))
  route GET "/" -> m.size()
}
"""
        self.plan, before = support.compile_plan(source, at), self.plan
        try:
            sparse("F16", 8 * gigabyte)
            self.assertRegex(self.fails(at, limit), "cannot map its .*: Cannot allocate memory$")
            sparse("F16", 4 * gigabyte)
            self.assertRegex(self.fails(at, limit), "out of memory$")
        finally:
            self.plan = before

    def test_replicas_share_what_is_mapped(self):
        source = PROGRAM.replace("deployment Model(dir: str, precision: str, prefix: str) {",
                                 "deployment Model(dir: str, precision: str, prefix: str) {\n"
                                 "  num_replicas: 4\n")
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        plan = support.compile_plan(source, folder)
        at = self.place(model())
        with support.Server(plan, "--loops", "2", env={"DIR": str(at)}) as s:
            maps = pathlib.Path(f"/proc/{s.process.pid}/maps").read_text()
            self.assertEqual(maps.count("model.safetensors"), 1)
            for _ in range(8):
                self.assertEqual(s.request("GET", "/")[2].decode(), SEEN)
            shutil.rmtree(at)  # what is mapped stays
            self.assertEqual(s.request("GET", "/")[2].decode(), SEEN)


if __name__ == "__main__":
    unittest.main()
