"""Tokenizers on small vocabularies: what the reference made of the same texts
(tests/models/make_goldens.py wrote it down)."""
import json
import pathlib
import struct
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "tests/models/goldens"
DRIVER = ROOT / "build-asan/tests/tokenize"


def ask(folder, mode, items):
    """The driver's answers to texts, or to ids: tuples of numbers, or bytes."""
    ids = mode in ("decode", "plain", "stream")
    sent = b"".join(struct.pack(f"<I{len(i)}I", len(i), *i) if ids else
                    struct.pack("<I", len(i.encode())) + i.encode() for i in items)
    done = subprocess.run([DRIVER, folder, mode], input=sent, capture_output=True, timeout=600)
    if done.returncode:
        raise AssertionError(done.stderr.decode(errors="replace")[-3000:])
    width = 1 if ids else 16 if mode == "places" else 4
    at, out = 0, []
    for _ in items:
        n, at = struct.unpack_from("<I", done.stdout, at)[0], at + 4
        data, at = done.stdout[at:at + n * width], at + n * width
        out.append(data.decode() if ids else struct.unpack(f"<{n * width // 4}I", data))
    return out


class Goldens(unittest.TestCase):
    def test_all(self):
        folders = sorted(p for p in GOLDENS.iterdir() if p.is_dir())
        self.assertGreaterEqual(len(folders), 10)
        for folder in folders:
            with self.subTest(folder.name):
                self.compare(folder, json.loads((folder / "cases.json").read_text()))

    def compare(self, folder, cases):
        self.assertGreater(len(cases), 60)
        lines = [c["text"] for c in cases]
        ids = [tuple(c["ids"]) for c in cases]
        places = [tuple(sum(([i, *p, t] for i, p, t in zip(c["ids"], c["places"], c["types"])), [])) for c in cases]
        self.same(lines, ids, ask(folder, "encode", lines))
        self.same(lines, [tuple(c["bare"]) for c in cases], ask(folder, "bare", lines))
        self.same(lines, places, ask(folder, "places", lines))
        self.same(lines, [c["whole"] for c in cases], ask(folder, "decode", ids))
        self.same(lines, [c["plain"] for c in cases], ask(folder, "plain", ids))
        self.same(lines, [c["plain"] for c in cases], ask(folder, "stream", ids))

    def same(self, lines, wanted, got):
        for line, w, g in zip(lines, wanted, got, strict=True):
            self.assertEqual((line, w), (line, g))


if __name__ == "__main__":
    unittest.main()
