"""Models on one core, beside ONNX Runtime and PyTorch in the same run: sequences a second.

    make bench-models MODELS_PYTHON=V/bin/python          V has what tests/models/requirements.txt lists
    … bench_models.py [--only minilm] [--rounds 5] [--quick]

Every way computes the same texts; rounds take turns among the ways, so that what slows the machine down slows
all of them, and medians are compared. Ours is asked inside the server: what tokens and HTTP cost is not in it. The probe is a
product of matrices by PyTorch, each round: where it varies, so does the machine.
"""
import argparse
import http.client
import json
import logging
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "models")]
CORE = int(os.environ.get("SG_CORE", sorted(os.sched_getaffinity(0))[0]))
os.sched_setaffinity(0, {CORE})

import make_models  # noqa: E402
import numpy  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
import transformers as hf  # noqa: E402
from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: E402
from support import Server, ask, compile_plan  # noqa: E402

MODELS = {"minilm": ("bert", "embed", "BertModel"), "distilbert": ("distilbert", "classify", "DistilBertForSequenceClassification")}
SHAPES = [(1, 16), (8, 16), (32, 16), (1, 128), (8, 128), (32, 128)]
PROGRAM = """use models
deployment M(dir: str) {
  let net = models.%s(dir, precision: "%s")
  fn times(batches: [[str]], n: int) -> [duration] {
    let all = [net.tokenize(texts) for texts in batches]
    var took: [duration] = []
    for _ in range(n) {
      let begin = clock()
      for t in all {
        let rows = net.%s(t)
        if float(rows[0, 0]) > 1e30 { fail(500, "no number") }
      }
      took += [clock() - begin]
    }
    return took
  }
}
app a {
  bind m = M(env("MODEL"))
  route POST "/" (batches: [[str]], n: int) with { request_timeout: 10m } -> m.times(batches, n)
}
"""


def ragged():
    """256 lengths, as of sentences that people write: lognormal, 4 to 128 tokens."""
    r = random.Random(3)
    return [min(128, max(4, round(math.exp(r.gauss(3.2, .7))))) for _ in range(256)]


def cut(lengths, n):
    return [lengths[i:i + n] for i in range(0, len(lengths), n)]


# ---- the ways: each gives a function of batches (lists of lengths) to the seconds that they took ----

class Ours:
    def __init__(self, folder, name, precision, work):
        family, method, _ = MODELS[name]
        at = pathlib.Path(work, precision)
        at.mkdir(exist_ok=True)
        plan = compile_plan(PROGRAM % (family, precision, method), at)
        self.server = Server(plan, "--compute-threads", 1, env={"MODEL": str(folder)}).__enter__()

    def __call__(self, batches):
        texts = [[" ".join(["the"] * (n - 2)) for n in batch] for batch in batches]
        c = http.client.HTTPConnection(self.server.host, self.server.port, timeout=600)
        status, _, body = ask(c, "POST", "/?n=1", json.dumps(texts), {"content-type": "application/json"})
        if status != 200:
            raise RuntimeError(body)
        return json.loads(body)[0]

    def close(self):
        self.server.__exit__(None, None, None)


def padded(batch):
    ids = numpy.zeros((len(batch), max(batch)), numpy.int64)
    mask = numpy.zeros_like(ids)
    for row, n in enumerate(batch):
        ids[row, :n], mask[row, :n] = 1996, 1
    return ids, mask


def timed(run):
    def of(batches):
        given = [padded(b) for b in batches]
        begin = time.perf_counter()
        for ids, mask in given:
            run(ids, mask)
        return time.perf_counter() - begin
    return of


def onnx_run(path):
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), o, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0]


def torch_run(net):
    def run(ids, mask):
        with torch.inference_mode():
            return net(torch.from_numpy(ids), torch.from_numpy(mask)).float().numpy()
    return run


def check_same(x, y):
    """What was exported computes the same, other lengths and padding too."""
    given = padded([5, 40, 17])
    off = abs(x(*given) - y(*given)).max()
    if off > 1e-3:
        raise RuntimeError(f"the exported model is {off} off")


class Head(torch.nn.Module):
    """The same work as ours: ids and mask to logits, or to vectors."""

    def __init__(self, net, embeds):
        super().__init__()
        self.net, self.embeds = net, embeds

    def forward(self, ids, mask):
        out = self.net(input_ids=ids, attention_mask=mask)
        if not self.embeds:
            return out.logits
        m = mask.unsqueeze(-1).to(out.last_hidden_state.dtype)
        return torch.nn.functional.normalize((out.last_hidden_state * m).sum(1) / m.sum(1), dim=1)


def peers(folder, name, work):
    kind = getattr(hf, MODELS[name][2])
    load = lambda **more: Head(kind.from_pretrained(folder, **more).eval(), MODELS[name][1] == "embed")
    path, small = pathlib.Path(work, "f32.onnx"), pathlib.Path(work, "int8.onnx")
    ids, mask = map(torch.from_numpy, padded([9, 16]))
    axes = {0: "batch", 1: "tokens"}
    torch.onnx.export(load(attn_implementation="eager", dtype=torch.float32), (ids, mask), str(path), input_names=["ids", "mask"],
                      output_names=["out"], dynamic_axes={"ids": axes, "mask": axes}, opset_version=17, dynamo=False)
    quantize_dynamic(path, small, weight_type=QuantType.QInt8, per_channel=True)
    ways = {"onnx f32": onnx_run(path), "onnx int8": onnx_run(small), "torch f32": torch_run(load(dtype=torch.float32)),
            "torch bf16": torch_run(load(dtype=torch.bfloat16))}
    check_same(ways["onnx f32"], ways["torch f32"])
    return {way: timed(run) for way, run in ways.items()}


def probe():
    x = torch.ones(384, 384)
    begin = time.perf_counter()
    for _ in range(10):
        x @ x
    return 10 * 2 * 384 ** 3 / (time.perf_counter() - begin) / 1e9


# ---- measuring ----

def measure(ways, cases, rounds, least):
    """{(case, way): median seconds}. A way is asked until `least` seconds have gone, each round."""
    found, probes = {}, []
    for case, of in cases.items():
        for name, way in ways.items():
            way(of(name))  # warm
        for _ in range(rounds):
            probes.append(probe())
            for name, way in ways.items():
                begin = time.perf_counter()
                while True:
                    found.setdefault((case, name), []).append(way(of(name)))
                    if time.perf_counter() - begin > least:
                        break
        print(".", end="", file=sys.stderr, flush=True)
    print(f"\nprobe {statistics.median(probes):.0f} GFLOP/s, {min(probes):.0f} to {max(probes):.0f}")
    return {key: statistics.median(times) for key, times in found.items()}


def geometric(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def table(title, ways, rows):
    print(f"\n{title}\n{'':22}" + "".join(f"{w:>12}" for w in ways))
    for label, cells in rows:
        print(f"{label:22}" + "".join(f"{c:>12}" for c in cells))


def compare(name, found, ways, cases, counts):
    table(f"{name}: sequences a second", ways, [
        (case, [f"{counts[case] / found[case, w]:.1f}" for w in ways]) for case in cases])
    for ours, theirs in (("f32", "onnx f32"), ("f32", "torch f32"), ("bf16", "f32"), ("bf16", "torch bf16"), ("int8", "onnx int8")):
        if ours not in ways or theirs not in ways:
            continue
        dense = [c for c in cases if "x" in c]
        ratios = {c: found[c, theirs] / found[c, ours] for c in cases}
        print(f"{ours} by {theirs}: {geometric([ratios[c] for c in dense]):.2f} in the geometric mean, "
              f"{min(ratios[c] for c in dense):.2f} at least; " + ", ".join(f"{c} {ratios[c]:.2f}" for c in cases if c not in dense))


def cases_of(quick):
    dense = {f"{b}x{n}": [[n] * b] for b, n in (SHAPES[:2] if quick else SHAPES)}
    lengths = ragged()[:16 if quick else 256]
    cases = {k: (lambda v: lambda way: v)(v) for k, v in dense.items()}
    ours = ("f32", "bf16", "int8")
    cases["ragged"] = lambda way: cut(lengths, 32)
    cases["ragged, sorted for others"] = lambda way: cut(lengths, 32) if way in ours else cut(sorted(lengths), 8)
    counts = {k: sum(map(len, v)) for k, v in dense.items()}
    return cases, {**counts, "ragged": len(lengths), "ragged, sorted for others": len(lengths)}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--only", choices=MODELS)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--quick", action="store_true", help="small shapes alone")
    p.add_argument("--precisions", default="f32,bf16,int8")
    a = p.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    hf.utils.logging.disable_progress_bar()
    for name in [a.only] if a.only else MODELS:
        subprocess.run([sys.executable, make_models.HERE / "make_models.py", "full", name], check=True)
        folder = make_models.CACHE / name
        with tempfile.TemporaryDirectory() as work:
            ours = {precision: Ours(folder, name, precision, work) for precision in a.precisions.split(",")}
            try:
                ways = {**ours, **peers(folder, name, work)}
                cases, counts = cases_of(a.quick)
                found = measure(ways, cases, a.rounds, .02 if a.quick else .3)
                compare(name, found, list(ways), list(cases), counts)
            finally:
                for way in ours.values():
                    way.close()


if __name__ == "__main__":
    main()
