"""What runs when a model does: the steps that sgrun shows."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGRUN, Server, compile_plan

PROGRAM = """
use nn
use tensor

fn layer(x: tensor f32[N, D], w: tensor f32[D, D], b: tensor f32[D]) -> tensor f32[N, D] {
  let y = nn.gelu(nn.linear(x, w, b))
  return nn.layer_norm(nn.linear(y, w, b) + x, b, b)
}

deployment M() {
  let w: tensor f32[4, 4] = tensor.full([4, 4], 0.5)
  let b: tensor f32[4] = tensor.full([4], 1)
  fn run(x: tensor f32[N, 4]) -> tensor f32[N, 4] = layer(x, w, b)
}

app a {
  bind m = M()
}

test "twice the same, once another" {
  assert shape(a.m.run(tensor.full([2, 4], 1))) == [2, 4]
  assert shape(a.m.run(tensor.full([7, 4], 1))) == [7, 4]
  assert float(sum(tensor.of([1.0, 2.0]))) == 3
}
"""


class Steps(unittest.TestCase):
    def test_joined_and_shown_once(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "m.sg"
            source.write_text(PROGRAM)
            plan = compile_plan(source, folder, "--tests")
            done = subprocess.run([SGRUN, "--test", "--dump-tensors", plan], text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        names = [line.split("  (")[0].split(None, 2)[2] for line in done.stderr.splitlines() if " -> " in line]
        model = ["nn.linear + gelu", "nn.linear + residual", "nn.layer_norm"]
        self.assertEqual([n for n in names if n.startswith("nn.")], model)

    def test_too_much(self):
        program = '''
use tensor
app a {
  route GET "/" (n: int) -> float(sum(tensor.full([n, 1000000], 1) * 2.0))
}
'''
        with tempfile.TemporaryDirectory() as folder, Server(compile_plan(program, folder), "--max-memory", "16MB") as s:
            said = {n: s.request("GET", f"/?n={n}") for n in (1, 100, 10**9, -1)}
            self.assertEqual(said[1][::2], (200, b"2000000.0"))
            self.assertEqual({n: status for n, (status, _, _) in said.items()}, {1: 200, 100: 500, 10**9: 500, -1: 500})
            self.assertIn(b"tensors need more memory than a request may have", said[100][2])
            self.assertIn(b"is too large", said[10**9][2])
            self.assertEqual(s.request("GET", "/?n=1")[2], b"2000000.0")


if __name__ == "__main__":
    unittest.main()
