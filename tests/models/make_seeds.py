"""Writes small tokenizers, each with a text behind a NUL: what the fuzz harness
begins with.

usage: make_seeds.py FOLDER
"""
import json
import pathlib
import sys

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEXT = "Hello [M] e\u0301 x<s>yé  12345 'S 你\u200d👍🏽\n\n  end\u0000"
SPECIAL = [{"id": 0, "content": "[M]", "special": True, "normalized": False, "lstrip": True},
           {"id": 99, "content": "yÉ", "single_word": True, "rstrip": True, "normalized": True}]


def ids(*words):
    return {w: i for i, w in enumerate(words)}


def bpe(*words, merges=(), **more):
    return {"type": "BPE", "vocab": ids(*words), "merges": list(merges), **more}


def split(pattern, behavior="Isolated", **more):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": False, **more}


def sequence(name, *parts):
    return {"type": "Sequence", name: list(parts)}


def template(*items):
    return {"type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}} if i == "A" else
                       {"SpecialToken": {"id": i, "type_id": 1}} for i in items],
            "special_tokens": {i: {"id": i, "ids": [1, 2], "tokens": []} for i in items if i != "A"}}


def charsmap():
    """A double array with `a` -> `b`, as SentencePiece packs it."""
    import base64
    import struct
    units = [0] * 256
    units[0] = 1 << 10
    units[1 ^ ord("a")] = ord("a") | 1 << 8 | (1 ^ ord("a")) << 10
    units[0] = 1 << 10
    return base64.b64encode(struct.pack("<I", len(units) * 4) + struct.pack("<256I", *units) + b"b\0").decode()


WORDPIECE = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
             "max_input_chars_per_word": 5, "vocab": ids("[M]", "[UNK]", "hello", "e", "##nd", "x", "##y", "你", "'")}
UNIGRAM = {"type": "Unigram", "unk_id": 0, "byte_fallback": True,
           "vocab": [["<unk>", 0], ["▁", -1.5], ["▁He", -2.25], ["llo", -3.5], ["l", -4], ["x", -1e-05], ["<0xC3>", -5]]}
BYTES = bpe("a", "b", "H", "e", "l", "o", "Ġ", "Ċ", "ll", "He", "Ã", "©", merges=["l l", ["H", "e"]], unk_token="a")
SEEDS = [
    dict(model=WORDPIECE, normalizer={"type": "BertNormalizer"}, pre_tokenizer={"type": "BertPreTokenizer"},
         post_processor=template("s", "A", "e"), decoder={"type": "WordPiece", "cleanup": True}),
    dict(model=WORDPIECE, normalizer=sequence("normalizers", {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
                                              {"type": "Strip"}, {"type": "Nmt"}), pre_tokenizer={"type": "Whitespace"},
         post_processor={"type": "BertProcessing", "sep": ["e", 1], "cls": ["s", 2]}),
    dict(model=BYTES, pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True}, decoder={"type": "ByteLevel"},
         post_processor={"type": "RobertaProcessing", "sep": ["e", 1], "cls": ["s", 2]}),
    dict(model={**BYTES, "ignore_merges": True}, decoder={"type": "ByteLevel"}, pre_tokenizer=sequence(
        "pretokenizers", split({"Regex": LLAMA3}), {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False})),
    dict(model=BYTES, normalizer={"type": "NFC"}, pre_tokenizer=sequence(
        "pretokenizers", split({"Regex": GPT2}, "MergedWithNext"), split({"Regex": "[a-z]+"}, "MergedWithPrevious"),
        split({"String": "l"}, "Removed"), {"type": "ByteLevel"}, {"type": "Digits", "individual_digits": True}),
        post_processor=sequence("processors", {"type": "ByteLevel"}, template("A", "e", "s"))),
    dict(model=bpe("<unk>", "▁", "H", "e", "<0xC3>", "<0xA9>", merges=[], unk_token="<unk>",
                   fuse_unk=True, byte_fallback=True),
         normalizer=sequence("normalizers", {"type": "Prepend", "prepend": "▁"},
                             {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}),
         decoder=sequence("decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                          {"type": "ByteFallback"}, {"type": "Fuse"},
                          {"type": "Strip", "content": " ", "start": 1, "stop": 0})),
    dict(model=UNIGRAM, pre_tokenizer=sequence("pretokenizers", {"type": "WhitespaceSplit"}, {
        "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}),
        normalizer=sequence("normalizers", {"type": "Precompiled", "precompiled_charsmap": charsmap()},
                            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
        decoder={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}),
    dict(model=bpe("a</w>", "b", "ab</w>", "<unk>", merges=[], unk_token="<unk>",
                   end_of_word_suffix="</w>", continuing_subword_prefix="##"), pre_tokenizer=sequence(
        "pretokenizers", {"type": "CharDelimiterSplit", "delimiter": " "}, {"type": "Punctuation", "behavior": "Contiguous"},
        {"type": "Digits"}), decoder={"type": "BPEDecoder", "suffix": "</w>"}),
    dict(model={"type": "WordLevel", "vocab": ids("<unk>", "x"), "unk_token": "<unk>"}, normalizer={"type": "ByteLevel"}),
]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for i, seed in enumerate(SEEDS):
        text = json.dumps({"version": "1.0", "added_tokens": SPECIAL, **seed}, ensure_ascii=False)
        (folder / f"{i:02}").write_bytes(text.encode() + b"\0" + TEXT.encode())


if __name__ == "__main__":
    main()
