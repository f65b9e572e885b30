"""Writes tests/models/goldens: small tokenizers, and what the reference makes of texts
with them; `make check` compares without the reference.

    PYTHON tests/models/make_goldens.py        PYTHON has what requirements.txt lists
"""
import json
import pathlib

import texts
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

HERE = pathlib.Path(__file__).resolve().parent / "goldens"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LEARN = [" ".join(texts.LATIN[i:i + 9] + texts.PIECES[i % 30:i % 30 + 3]) for i in range(0, 150, 3)] * 3
CASES = ["", " ", "Hello, World! It's 2024.", "\u0000", "a\u0000b", "naïve café e\u0301te\u0301", "你好 world", "  two  spaces ",
         "line\n\nline\r\n end\t", "</s><s>", "[CLS] x [SEP]", "x<mask> y <mask>", "👩‍👩‍👧‍👦 👍🏽", "1234567 3.14", "x" * 101,
         "I'LL we've 'S", "İstanbul ŁÓDŹ ẞ", "ﬁne ½ Ⅷ ①", "\u200bzero\u200dwidth\ufeff", "한국어 각", "\u1103\u1167\u11a7\u1103\u1167\u11a8", "नमस्ते", "مرحبا", "<0x41> ▁▁a",
         *texts.texts(60, seed=9)]


def around(t, *names):
    return processors.TemplateProcessing(single=" ".join(names), special_tokens=[
        (n, t.token_to_id(n)) for n in names if n[0] != "$"])


def wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.train_from_iterator(LEARN, trainers.WordPieceTrainer(
        vocab_size=400, limit_alphabet=90, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.post_processor = around(t, "[CLS]", "$A", "[SEP]")
    t.add_tokens([AddedToken("hello", single_word=True), AddedToken("Spaces", lstrip=True, rstrip=True)])
    return t


def byte_pairs(specials, cut):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = cut, decoders.ByteLevel()
    t.train_from_iterator(LEARN, trainers.BpeTrainer(
        vocab_size=500, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return t


def gpt2():
    t = byte_pairs(["<|endoftext|>"], pre_tokenizers.ByteLevel(add_prefix_space=False))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def blenderbot():
    t = byte_pairs(["<pad>", "<s>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)],
                   pre_tokenizers.ByteLevel(add_prefix_space=True))
    t.post_processor = around(t, "$A", "</s>")
    return t


def llama3():
    t = byte_pairs(["<|begin|>"], pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), around(t, "<|begin|>", "$A")])
    t.model.ignore_merges = True
    return t


def llama2():
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    t.train_from_iterator(LEARN, trainers.BpeTrainer(vocab_size=500, limit_alphabet=90, special_tokens=[
        "<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]))
    t.post_processor = around(t, "<s>", "$A")
    data = json.loads(t.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    return Tokenizer.from_str(json.dumps(data))


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    t.train_from_iterator(LEARN, trainers.UnigramTrainer(vocab_size=400, unk_token="<unk>",
                                                         special_tokens=["<pad>", "</s>", "<unk>"]))
    t.post_processor = around(t, "$A", "</s>")
    return t


def write(name, make, files=None, post=None):
    """Training is not the same twice, and other tests know these vocabularies: only a
    folder that is not there is trained for."""
    folder = HERE / name
    whole = folder / "tokenizer.json"
    if not folder.exists():
        folder.mkdir(parents=True)
        if files:  # what came before tokenizer.json
            make().model.save(str(folder))
            for file, content in files.items():
                (folder / file).write_text(json.dumps(content))
        else:
            make().save(str(whole), pretty=False)
    if files:
        from transformers import AutoTokenizer
        t = AutoTokenizer.from_pretrained(str(folder)).backend_tokenizer
        t.post_processor = post(t) if post else t.post_processor
        t.no_truncation()
        t.no_padding()
    else:
        t = Tokenizer.from_file(str(whole))
    cases = []
    for text in CASES:
        e, bare = t.encode(text), t.encode(text, add_special_tokens=False)
        at = [0]
        for c in text:
            at.append(at[-1] + len(c.encode()))
        cases.append({"text": text, "ids": e.ids, "bare": bare.ids, "types": e.type_ids,
                      "places": [[at[a], at[b]] for a, b in e.offsets],
                      "plain": t.decode(e.ids), "whole": t.decode(e.ids, skip_special_tokens=False)})
    (folder / "cases.json").write_text("[" + ",\n".join(json.dumps(c) for c in cases) + "]\n")


def main():
    for make in (wordpiece, gpt2, blenderbot, llama3, llama2, unigram):
        write(make.__name__, make)
    write("bert_files", wordpiece, {"tokenizer_config.json": {
        "tokenizer_class": "BertTokenizer", "model_max_length": 512}})
    write("blenderbot_files", blenderbot, {"tokenizer_config.json": {
        "tokenizer_class": "BlenderbotTokenizer", "model_max_length": 128}},
        lambda t: around(t, "$A", "</s>"))  # which that class leaves out
    write("roberta_files", lambda: byte_pairs(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], pre_tokenizers.ByteLevel()), {
        "tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer", "mask_token": {
            "__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False,
            "single_word": False, "special": True}}})
    write("gpt2_files", gpt2, {"tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"}})


if __name__ == "__main__":
    main()
